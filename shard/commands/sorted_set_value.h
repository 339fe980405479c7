// The sorted set of a key, packed or not, as the sorted set commands see it. Used by the thread
// that executes for the shard.
//
// Ranges of every kind are ranges of ranks: a bound of scores or of members is a Cut, a place
// between two neighbours, and how many members stand before it is the rank of the first one behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "shard/call.h"
#include "shard/commands/collection.h"
#include "shard/packed_score.h"
#include "shard/sorted_set_object.h"

namespace rondo {

// A place in the order. Those by text are for members of one score, as ZRANGE BYLEX wants.
class Cut {
 public:
  static Cut start() { return Cut(Kind::kStart, 0, {}, false); }
  static Cut end() { return Cut(Kind::kEnd, 0, {}, false); }
  // Before the members of this score, or behind them.
  static Cut score(double score, bool behind) { return Cut(Kind::kScore, score, {}, behind); }
  // `text` has to outlive the cut.
  static Cut text(std::string_view text, bool behind) { return Cut(Kind::kText, 0, text, behind); }

  // Whether such a member stands before this place.
  bool follows(double score, std::string_view member) const;
  bool follows(double score, const Item& member) const;
  bool follows(double score, const ScoredMember& member) const {
    return follows(score, kind_ == Kind::kText ? member.text() : std::string_view());
  }

 private:
  enum class Kind : uint8_t { kStart, kEnd, kScore, kText };
  Cut(Kind kind, double score, std::string_view text, bool behind)
      : kind_(kind), behind_(behind), score_(score), text_(text) {}

  Kind kind_;
  bool behind_;
  double score_;
  std::string_view text_;
};

// `count` members from rank `first` on.
struct RankRange {
  size_t first = 0;
  size_t count = 0;
};

// Where a member is.
struct ScoredPlace {
  bool found = false;
  double score = 0;
  size_t at = 0;                   // Packed: the offset of the member,
  size_t rank = 0;                 // and its rank.
  ScoredMember* member = nullptr;  // In an object.
};

// For reading. Valid until the next change of the keyspace.
class SortedSetView {
 public:
  // REQUIRES: the entry is a sorted set, or false, which is an empty one.
  explicit SortedSetView(const Entry& entry) : entry_(entry) {}

  size_t size() const;
  ScoredPlace find(std::string_view member) const;
  // REQUIRES: place.found.
  size_t rank(const ScoredPlace& place) const;
  size_t count_before(const Cut& cut) const;
  RankRange between(const Cut& from, const Cut& to) const;
  // Calls visit(Item member, double score) for the members of the range, in their order or in the
  // opposite one. REQUIRES: they exist.
  template <class Visit>
  void visit(RankRange range, Visit&& visit) const;
  template <class Visit>
  void visit_back(RankRange range, Visit&& visit) const;
  template <class Visit>
  void for_each(Visit&& each) const {
    visit({0, size()}, each);
  }

  bool is_packed() const { return entry_.is_packed(); }
  PackedView packed() const { return PackedView(entry_.packed()); }
  // REQUIRES: it is neither empty nor packed.
  const SortedSetObject& object() const {
    return *static_cast<const SortedSetObject*>(entry_.object());
  }

 private:
  Entry entry_;
};

// For changes; see CollectionEdit. A sorted set that grows beyond the limits of packed ones becomes
// an object and stays one.
class SortedSetEdit {
 public:
  SortedSetEdit(Keyspace& keyspace, const Key& key, PackedLimits limits)
      : collection_(keyspace, key, Type::kZset), limits_(limits) {}
  // Of the first key.
  explicit SortedSetEdit(Call& call)
      : SortedSetEdit(call.keyspace(), call.key(1), call.shard().limits().zset) {}

  Error open() { return collection_.open(); }
  bool exists() const { return collection_.exists(); }
  SortedSetView view() const { return SortedSetView(collection_.entry()); }
  // Its result is valid until the next change.
  ScoredPlace find(std::string_view member) const { return view().find(member); }

  // REQUIRES: there is no such member.
  void insert(std::string_view member, double score);
  // REQUIRES: `place` is where find(member) found it.
  void rescore(const ScoredPlace& place, std::string_view member, double score);
  bool erase(std::string_view member);  // False when there was none.
  // REQUIRES: the members exist, at least one. If they are all, only finish() may follow.
  void erase_range(RankRange range);

  void finish(Args change, Event event) {
    collection_.finish(change, event, is_emptied_ || view().size() == 0);
  }
  bool has_listeners() const { return collection_.has_listeners(); }

 private:
  bool may_pack(std::string_view member) const {
    return static_cast<int64_t>(member.size()) <= limits_.value_bytes_max;
  }
  void keep_outside(RankRange range);
  void unpack();
  SortedSetObject& object() { return static_cast<SortedSetObject&>(collection_.object()); }

  CollectionEdit collection_;
  const PackedLimits limits_;
  bool is_emptied_ = false;
};

inline bool Cut::follows(double score, std::string_view member) const {
  switch (kind_) {
    case Kind::kStart:
      return false;
    case Kind::kEnd:
      return true;
    case Kind::kScore:
      return score < score_ || (behind_ && score == score_);
    case Kind::kText:
      break;
  }
  return behind_ ? member <= text_ : member < text_;
}

template <class Visit>
void SortedSetView::visit(RankRange range, Visit&& visit) const {
  if (range.count == 0) return;
  if (!is_packed()) {
    object().order().visit(range.first, range.count, [&](const ScoredMember& member) {
      visit(Item::of(member.text()), member.score());
    });
    return;
  }
  const PackedView elements = packed();
  size_t at = elements.seek(2 * range.first);
  for (size_t left = range.count; left > 0; --left) {
    const size_t score_at = elements.next(at);
    visit(elements.at(at), PackedScore::read(elements.at(score_at)));
    at = elements.next(score_at);
  }
}

template <class Visit>
void SortedSetView::visit_back(RankRange range, Visit&& visit) const {
  if (range.count == 0) return;
  const size_t last = range.first + range.count - 1;
  if (!is_packed()) {
    object().order().visit_back(last, range.count, [&](const ScoredMember& member) {
      visit(Item::of(member.text()), member.score());
    });
    return;
  }
  // They can only be walked forwards, so it is noted where they are.
  constexpr size_t kFew = 128;
  uint32_t few[kFew];
  std::vector<uint32_t> many(range.count > kFew ? range.count : 0);
  uint32_t* const places = range.count > kFew ? many.data() : few;
  const PackedView elements = packed();
  size_t at = elements.seek(2 * range.first);
  for (size_t i = 0; i < range.count; ++i) {
    places[i] = static_cast<uint32_t>(at);
    at = elements.next(elements.next(at));
  }
  for (size_t i = range.count; i-- > 0;) {
    const size_t score_at = elements.next(places[i]);
    visit(elements.at(places[i]), PackedScore::read(elements.at(score_at)));
  }
}

}  // namespace rondo
