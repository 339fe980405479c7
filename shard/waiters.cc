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
  count(place, line, 1);
}

void Waiters::count(const WaitPlace& place, WaitLine& line, int by) {
  const auto add = [by](size_t& counter, bool one) {
    if (one) counter += static_cast<size_t>(by);
  };
  add(line.wide_, place.wide);
  add(line.reaches_, place.reaches);
  add(line.outward_, place.outward);
  add(outward_, place.outward);
}

void Waiters::leave(WaitPlace& place) {
  if (!place.joined()) return;
  WaitLine& line = *std::exchange(place.line_, nullptr);
  place.unlink();
  count(place, line, -1);
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

bool Waiters::holds_up(int db, const Key& key) const {
  if (empty()) return false;
  const WaitLine* line = find(db, key);
  return line && line->pinned_ && !line->places_.empty();
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
  ready_.insert(ready_.end(), delayed_.begin(), delayed_.end());
  delayed_.clear();
}

bool Waiters::any_wide(const std::vector<uint64_t>& hashes) const {
  return any_line(hashes, [](const WaitLine& line) { return line.wide_ != 0; });
}

bool Waiters::any_outward(const std::vector<uint64_t>& hashes) const {
  return outward_ != 0 && any_line(hashes, [](const WaitLine& line) { return line.outward_ != 0; });
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
  size_t outward = 0;
  for (const auto& [hash, line] : lines_) {
    CHECK(hash == line.hash_);
    pinned += line.pinned_;
    size_t wide = 0;
    size_t reaches = 0;
    size_t in_line = 0;
    auto& list = const_cast<List<WaitPlace>&>(line.places_);
    CHECK(line.pinned_ || !list.empty());
    const WaitLine* const own = &line;
    list.for_each([&](WaitPlace& place) {
      CHECK(place.line_ == own);
      ++places;
      wide += place.wide;
      reaches += place.reaches;
      in_line += place.outward;
    });
    CHECK(wide == line.wide_);
    CHECK(reaches == line.reaches_);
    CHECK(in_line == line.outward_);
    outward += in_line;
  }
  CHECK(places == places_);
  CHECK(outward == outward_);
  CHECK(pinned >= ready_.size() + delayed_.size());
}

}  // namespace rondo
