#include "shard/commands/sorted_set_operand.h"

#include <algorithm>

#include "protocol/errors.h"

namespace rondo {

Error open_operands(Call& call, size_t first, size_t count, std::vector<ScoredOperand>& operands) {
  operands.reserve(count);
  for (size_t i = first; i < first + count; ++i) {
    const Entry entry = call.keyspace_of(call[i], call.db()).find(call.key(i));
    if (entry && entry.type() != Type::kZset && entry.type() != Type::kSet) {
      return errors::kWrongType;
    }
    operands.emplace_back(entry);
  }
  return {};
}

double aggregate(Aggregate how, double a, double b) {
  if (how == Aggregate::kMin) return std::min(a, b);
  if (how == Aggregate::kMax) return std::max(a, b);
  const double sum = a + b;
  return std::isnan(sum) ? 0 : sum;
}

}  // namespace rondo
