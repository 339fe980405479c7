#include "shard/commands/sorted_set_range.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "protocol/number.h"
#include "shard/commands/arguments.h"

namespace rondo {

namespace {

constexpr const char* kNotScore = "ERR min or max is not a float";
constexpr const char* kNotText = "ERR min or max not valid string range item";

// What C's strtod makes of it, as Redis says: nothing at all is 0, spaces may stand in front, and
// too large is infinite.
bool parse_bound_score(std::string_view text, double& score) {
  if (const std::optional<double> value = parse_double(text)) {
    score = *value;
    return true;
  }
  const std::string terminated(text);
  char* end = nullptr;
  score = std::strtod(terminated.c_str(), &end);
  return *end == '\0' && !std::isnan(score);
}

bool parse_score(std::string_view text, bool& exclusive, double& score) {
  exclusive = text.starts_with('(');
  return parse_bound_score(text.substr(exclusive ? 1 : 0), score);
}

// `is_min` is whether an inclusive bound leaves equal members behind the cut.
Error parse_score_cut(std::string_view text, bool is_min, Cut& cut) {
  bool exclusive = false;
  double score = 0;
  if (!parse_score(text, exclusive, score)) return kNotScore;
  cut = Cut::score(score, exclusive == is_min);
  return {};
}

Error parse_text_cut(std::string_view text, bool is_min, Cut& cut) {
  if (text == "-") {
    cut = Cut::start();
  } else if (text == "+") {
    cut = Cut::end();
  } else if (text.starts_with('(') || text.starts_with('[')) {
    cut = Cut::text(text.substr(1), text.starts_with('(') == is_min);
  } else {
    return kNotText;
  }
  return {};
}

RankRange limited(RankRange range, bool reverse, int64_t offset, int64_t limit) {
  const auto skipped =
      offset < 0 ? range.count : std::min<uint64_t>(static_cast<uint64_t>(offset), range.count);
  const size_t left = range.count - skipped;
  const size_t kept = limit < 0 ? left : std::min<uint64_t>(static_cast<uint64_t>(limit), left);
  return {reverse ? range.first + left - kept : range.first + skipped, kept};
}

}  // namespace

RankRange RangeBounds::range(const SortedSetView& zset) const {
  if (kind != RangeKind::kRank) return limited(zset.between(from, to), reverse, offset, limit);
  const auto size = static_cast<int64_t>(zset.size());
  const int64_t first = std::max<int64_t>(start < 0 ? start + size : start, 0);
  const int64_t last = std::min<int64_t>(stop < 0 ? stop + size : stop, size - 1);
  if (first > last) return {};
  const auto count = static_cast<size_t>(last - first + 1);
  return {static_cast<size_t>(reverse ? size - 1 - last : first), count};
}

Error parse_bounds(RangeKind kind, std::string_view min, std::string_view max,
                   RangeBounds& bounds) {
  bounds.kind = kind;
  if (kind == RangeKind::kRank) {
    if (Error error = read_integer(min, bounds.start)) return error;
    return read_integer(max, bounds.stop);
  }
  const auto parse = kind == RangeKind::kScore ? parse_score_cut : parse_text_cut;
  if (Error error = parse(min, true, bounds.from)) return error;
  return parse(max, false, bounds.to);
}

void reply_scored_header(Reply& reply, size_t members, ScoreReply scores) {
  const bool flat =
      scores == ScoreReply::kFlat || (scores == ScoreReply::kPairs && reply.version() == Resp::k2);
  reply.array(flat ? 2 * members : members);
}

void reply_scored(Reply& reply, const Item& member, double score, ScoreReply scores) {
  const bool in_array = scores == ScoreReply::kArrays ||
                        (scores == ScoreReply::kPairs && reply.version() == Resp::k3);
  if (in_array) reply.array(2);
  reply_item(reply, member);
  if (scores != ScoreReply::kNone) reply.real(score);
}

}  // namespace rondo
