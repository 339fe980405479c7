#include "shard/commands/sorted_set_value.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace rondo {

namespace {

// The offset of the first pair at `from` or behind it that does not stand before the member.
size_t place_of(const PackedView& elements, size_t from, std::string_view member, double score) {
  for (size_t at = from; at < elements.end();) {
    const size_t score_at = elements.next(at);
    const double other = PackedScore::read(elements.at(score_at));
    if (other > score) return at;
    if (other == score) {
      char digits[24];
      if (elements.at(at).text(digits) >= member) return at;
    }
    at = elements.next(score_at);
  }
  return elements.end();
}

// A pair is usually shorter than this.
constexpr size_t kPairMax = 256;

// Moves the bytes from `pair` until `behind` to the end of those that follow, until `to`.
void move_back(char* pair, char* behind, char* to) {
  const auto size = static_cast<size_t>(behind - pair);
  if (size > kPairMax) {
    std::rotate(pair, behind, to);
    return;
  }
  char bytes[kPairMax];
  std::memcpy(bytes, pair, size);
  std::memmove(pair, behind, static_cast<size_t>(to - behind));
  std::memcpy(to - size, bytes, size);
}

// Moves the bytes from `pair` until `behind` in front of those at `to`.
void move_forward(char* to, char* pair, char* behind) {
  const auto size = static_cast<size_t>(behind - pair);
  if (size > kPairMax) {
    std::rotate(to, pair, behind);
    return;
  }
  char bytes[kPairMax];
  std::memcpy(bytes, pair, size);
  std::memmove(to + size, to, static_cast<size_t>(pair - to));
  std::memcpy(to, bytes, size);
}

}  // namespace

bool Cut::follows(double score, const Item& member) const {
  char digits[24];
  return follows(score, kind_ == Kind::kText ? member.text(digits) : std::string_view());
}

size_t SortedSetView::size() const {
  if (!entry_) return 0;
  return is_packed() ? packed().count() / 2 : object().size();
}

ScoredPlace SortedSetView::find(std::string_view member) const {
  ScoredPlace place;
  if (!entry_) return place;
  if (!is_packed()) {
    place.member = object().find(make_key(member));
    place.found = place.member != nullptr;
    if (place.found) place.score = place.member->score();
    return place;
  }
  const PackedView elements = packed();
  const PackedElement wanted(member);
  const char* bytes = elements.bytes().data();
  for (size_t at = elements.begin(); at < elements.end(); ++place.rank) {
    const size_t score_at = elements.next(at);
    if (wanted.equals(bytes + at)) {
      place.found = true;
      place.at = at;
      place.score = PackedScore::read(elements.at(score_at));
      return place;
    }
    at = elements.next(score_at);
  }
  return place;
}

size_t SortedSetView::rank(const ScoredPlace& place) const {
  return is_packed() ? place.rank : object().order().rank(place.member);
}

size_t SortedSetView::count_before(const Cut& cut) const {
  if (!entry_) return 0;
  if (!is_packed()) {
    return object().order().count_before(
        [&](double score, const ScoredMember* member) { return cut.follows(score, *member); });
  }
  const PackedView elements = packed();
  size_t count = 0;
  for (size_t at = elements.begin(); at < elements.end(); ++count) {
    const size_t score_at = elements.next(at);
    if (!cut.follows(PackedScore::read(elements.at(score_at)), elements.at(at))) break;
    at = elements.next(score_at);
  }
  return count;
}

RankRange SortedSetView::between(const Cut& from, const Cut& to) const {
  const size_t first = count_before(from);
  const size_t last = count_before(to);
  return {first, last > first ? last - first : 0};
}

void SortedSetEdit::insert(std::string_view member, double score) {
  const bool packs = may_pack(member);
  if (!collection_.exists()) {
    if (packs && limits_.entries_max > 0) {
      const PackedScore text(score);
      const PackedElement pair[] = {member, text.text()};
      collection_.create(pair);
      return;
    }
    collection_.become(std::make_unique<SortedSetObject>());
  }
  if (collection_.is_packed()) {
    const PackedView elements = collection_.packed();
    const bool is_full = static_cast<int64_t>(elements.count() / 2) >= limits_.entries_max ||
                         elements.count() + 2 > PackedView::kCountMax ||
                         elements.end() > PackedView::kBytesMax;
    if (packs && !is_full) {
      const size_t at = place_of(elements, elements.begin(), member, score);
      const PackedScore text(score);
      const PackedElement pair[] = {member, text.text()};
      collection_.splice({at, 0, 0, pair});
      return;
    }
    unpack();
  }
  object().insert(make_key(member), score);
}

void SortedSetEdit::rescore(const ScoredPlace& place, std::string_view member, double score) {
  if (!collection_.is_packed()) {
    object().rescore(place.member, score);
    return;
  }
  const PackedView elements = collection_.packed();
  const size_t score_at = elements.next(place.at);
  const size_t end = elements.next(score_at);
  const bool rises = score > place.score;
  const size_t at = place_of(elements, rises ? end : elements.begin(), member, score);
  const PackedScore text(score);
  const PackedElement element(text.text());
  char* value = collection_.splice(score_at, end - score_at, element.size(Type::kZset));
  char* pair = value + place.at;
  char* behind = element.write(value + score_at, Type::kZset);
  if (rises) {
    move_back(pair, behind, behind + (at - end));
  } else {
    move_forward(value + at, pair, behind);
  }
}

bool SortedSetEdit::erase(std::string_view member) {
  if (!collection_.exists()) return false;
  if (!collection_.is_packed()) {
    // Looked for first, so that nothing counts as changed when it is not there.
    const Key key = make_key(member);
    return view().object().find(key) != nullptr && object().erase(key);
  }
  const ScoredPlace place = view().find(member);
  if (!place.found) return false;
  const PackedView elements = collection_.packed();
  const size_t end = elements.next(elements.next(place.at));
  collection_.splice({place.at, end - place.at, 2, {}});
  return true;
}

void SortedSetEdit::erase_range(RankRange range) {
  if (!collection_.is_packed()) {
    const size_t size = view().size();
    if (range.count == size) {
      // The object goes as it is, and is freed in slices.
      object();
      is_emptied_ = true;
    } else if (range.count > size / 2) {
      keep_outside(range);
    } else {
      object().erase_range(range.first, range.count);
    }
    return;
  }
  const PackedView elements = collection_.packed();
  const size_t from = elements.seek(2 * range.first);
  const size_t to = elements.seek(2 * (range.first + range.count));
  collection_.splice({from, to - from, 2 * range.count, {}});
}

// What is left is less work than what goes, which is freed in slices.
void SortedSetEdit::keep_outside(RankRange range) {
  auto object = std::make_unique<SortedSetObject>();
  const auto keep = [&](const Item& member, double score) {
    object->insert(make_key({member.bytes, member.size}), score);
  };
  const size_t behind = range.first + range.count;
  view().visit({0, range.first}, keep);
  view().visit({behind, view().size() - behind}, keep);
  collection_.become(std::move(object));
}

void SortedSetEdit::unpack() {
  auto object = std::make_unique<SortedSetObject>();
  view().for_each([&](const Item& member, double score) {
    char digits[24];
    object->insert(make_key(member.text(digits)), score);
  });
  collection_.become(std::move(object));
}

}  // namespace rondo
