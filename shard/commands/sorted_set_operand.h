// A sorted set or a plain set as one of the inputs of ZUNION, ZINTER and ZDIFF. Used by the thread
// that executes for the shards; valid until the next change of their keyspaces.
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "shard/call.h"
#include "shard/commands/set_value.h"
#include "shard/commands/sorted_set_value.h"

namespace rondo {

class ScoredOperand {
 public:
  // REQUIRES: the entry is a sorted set or a set, or false, which is an empty one.
  explicit ScoredOperand(const Entry& entry)
      : is_set_(entry && entry.type() == Type::kSet),
        set_(is_set_ ? SetView(entry) : SetView()),
        zset_(is_set_ ? Entry() : entry) {}

  void set_weight(double weight) { weight_ = weight; }
  size_t size() const { return is_set_ ? set_.size() : zset_.size(); }

  // False when there is no such member. The score is multiplied by the weight.
  bool find(std::string_view member, double& score) const {
    if (is_set_) {
      score = weighted(1);
      return set_.contains(member);
    }
    const ScoredPlace place = zset_.find(member);
    score = weighted(place.score);
    return place.found;
  }
  // Calls visit(Item member, double weighted_score) while it returns true; sorted sets in their
  // order.
  template <class Visit>
  void walk(Visit&& visit) const {
    if (is_set_) {
      set_.walk([&](const Item& member) { return visit(member, weighted(1)); });
      return;
    }
    bool goes_on = true;
    for (size_t first = 0; goes_on && first < zset_.size(); first += kWalkStep) {
      const size_t left = zset_.size() - first;
      zset_.visit({first, left < kWalkStep ? left : kWalkStep},
                  [&](const Item& member, double score) {
                    goes_on = goes_on && visit(member, weighted(score));
                  });
    }
  }

 private:
  static constexpr size_t kWalkStep = 64;

  // Infinity times 0 is 0.
  double weighted(double score) const {
    const double product = score * weight_;
    return std::isnan(product) ? 0 : product;
  }

  bool is_set_;
  SetView set_;
  SortedSetView zset_;
  double weight_ = 1;
};

// The operands of `count` keys from argument `first` on; a missing key is an empty one.
Error open_operands(Call& call, size_t first, size_t count, std::vector<ScoredOperand>& operands);

enum class Aggregate : uint8_t { kSum, kMin, kMax };

// Of infinities of both signs the sum is 0.
double aggregate(Aggregate how, double a, double b);

}  // namespace rondo
