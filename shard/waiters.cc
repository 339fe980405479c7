#include "shard/waiters.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "shard/shard.h"

namespace rondo {

const WaitLine* Waiters::find(int db, const Key& key) const {
  const auto [from, to] = lines_.equal_range(key.hash);
  for (auto at = from; at != to; ++at) {
    if (at->second.db_ == db && at->second.key_ == key.bytes) return &at->second;
  }
  return nullptr;
}

WaitLine& Waiters::line_of(int db, const Key& key) {
  if (const WaitLine* line = find(db, key)) return const_cast<WaitLine&>(*line);
  return lines_
      .emplace(std::piecewise_construct, std::forward_as_tuple(key.hash),
               std::forward_as_tuple(db, key))
      ->second;
}

void Waiters::join(WaitPlace& place, int db, const Key& key) {
  CHECK(!place.joined());
  CHECK(place.client != nullptr);
  WaitLine& line = line_of(db, key);
  // All places of one command are taken at once, so another one of it would be the last.
  if (!line.places_.empty() && line.places_.back().client == place.client) return;
  if (places_++ == 0) shard_.add_sink(this);
  place.line_ = &line;
  line.places_.push_back(place);
  line.wide_ += place.wide;
}

void Waiters::leave(WaitPlace& place) {
  if (!place.joined()) return;
  WaitLine& line = *std::exchange(place.line_, nullptr);
  place.unlink();
  line.wide_ -= place.wide;
  // Those behind one that was tried may go on.
  if (std::exchange(place.tried_, false)) {
    --line.tried_;
    mark(line);
  }
  drop_if_unused(line);
  if (--places_ == 0) shard_.remove_sink(this);
}

void Waiters::drop_if_unused(WaitLine& line) {
  if (line.pinned_ || !line.places_.empty()) return;
  const auto [from, to] = lines_.equal_range(line.hash_);
  const auto at = std::find_if(from, to, [&](auto& pair) { return &pair.second == &line; });
  CHECK(at != to);
  lines_.erase(at);
}

void Waiters::mark(WaitLine& line) {
  if (line.pinned_) return;
  line.pinned_ = true;
  ready_.push_back(&line);
}

void Waiters::begin_try(WaitPlace& place) {
  CHECK(place.joined() && !place.tried_);
  place.tried_ = true;
  ++place.line_->tried_;
}

void Waiters::end_try(WaitPlace& place) {
  if (!place.tried_) return;
  place.tried_ = false;
  --place.line_->tried_;
  mark(*place.line_);
}

bool Waiters::holds_up(int db, const Key& key) const {
  if (empty()) return false;
  const WaitLine* line = find(db, key);
  if (!line || line->places_.empty()) return false;
  // During a pause of writes ready lines are not served.
  return line->tried_ != 0 || line->delayed_ ||
         std::find(ready_.begin(), ready_.end(), line) != ready_.end();
}

void Waiters::take_ready(std::vector<WaitLine*>& to) {
  to.insert(to.end(), ready_.begin(), ready_.end());
  ready_.clear();
}

void Waiters::release(WaitLine& line) {
  CHECK(line.pinned_);
  line.pinned_ = false;
  drop_if_unused(line);
}

void Waiters::retry_delayed() {
  for (WaitLine* line : delayed_)
    line->delayed_ = false;
  ready_.insert(ready_.end(), delayed_.begin(), delayed_.end());
  delayed_.clear();
}

bool Waiters::any_wide(const std::vector<uint64_t>& hashes) const {
  return std::any_of(hashes.begin(), hashes.end(), [&](uint64_t hash) {
    const auto [from, to] = lines_.equal_range(hash);
    return std::any_of(from, to, [](const auto& pair) { return pair.second.wide_ != 0; });
  });
}

void Waiters::on_effect(const Effect& effect) {
  if (ignores_for_test_) return;
  switch (effect.kind) {
    case EffectKind::kPut:
    case EffectKind::kChange:
      if (const WaitLine* line = find(effect.db, Key{effect.key, effect.hash})) {
        mark(const_cast<WaitLine&>(*line));
      }
      return;
    case EffectKind::kSwap:
      swapped(effect.db);
      swapped(effect.other_db);
      return;
    case EffectKind::kPatch:  // Strings: nobody waits for one.
    case EffectKind::kErase:
    case EffectKind::kExpireAt:
    case EffectKind::kFlush:
      return;
  }
}

// Database `db` holds now what the other one held.
void Waiters::swapped(int db) {
  for (auto& [hash, line] : lines_) {
    if (line.db_ == db && shard_.db(db).contains(line.key())) mark(line);
  }
}

void Waiters::verify() const {
  size_t pinned = 0;
  size_t places = 0;
  for (const auto& [hash, line] : lines_) {
    CHECK(hash == line.hash_);
    pinned += line.pinned_;
    size_t wide = 0;
    size_t tried = 0;
    auto& list = const_cast<List<WaitPlace>&>(line.places_);
    CHECK(line.pinned_ || !list.empty());
    list.for_each([&](WaitPlace& place) {
      CHECK(place.line_ == &line);
      ++places;
      wide += place.wide;
      tried += place.tried_;
    });
    CHECK(wide == line.wide_);
    CHECK(tried == line.tried_);
  }
  CHECK(places == places_);
  CHECK(pinned >= ready_.size() + delayed_.size());
}

}  // namespace rondo
