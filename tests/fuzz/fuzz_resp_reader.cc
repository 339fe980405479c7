#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "reactor/base/check.h"
#include "tests/fuzz/targets.h"

namespace rondo {
namespace {

struct Replies {
  std::vector<RespValue> values;
  std::string error;
};

Replies read_in_steps(std::string_view bytes, size_t step) {
  RespReader::Limits limits;
  limits.depth_max = 8;
  limits.values_max = 10'000;
  RespReader reader(limits);
  Replies replies;
  RespValue value;
  RespReader::Status status = RespReader::Status::kNeedMore;
  for (size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    while ((status = reader.next(value)) == RespReader::Status::kValue) {
      replies.values.push_back(value);
    }
    CHECK(reader.pending_bytes() <= bytes.size());
  }
  if (status == RespReader::Status::kError) replies.error = reader.error_text();
  return replies;
}

bool same(const std::vector<RespValue>& a, const std::vector<RespValue>& b);

bool same(const RespValue& a, const RespValue& b) {
  const bool same_real = a.real == b.real || (std::isnan(a.real) && std::isnan(b.real));
  return a.type == b.type && a.format == b.format && a.integer == b.integer && same_real &&
         a.text == b.text && same(a.elements, b.elements) && same(a.attributes, b.attributes);
}

bool same(const std::vector<RespValue>& a, const std::vector<RespValue>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const RespValue& x, const RespValue& y) { return same(x, y); });
}

size_t depth(const RespValue& value) {
  size_t deepest = 0;
  for (const RespValue& element : value.elements)
    deepest = std::max(deepest, depth(element));
  for (const RespValue& element : value.attributes)
    deepest = std::max(deepest, depth(element));
  return deepest + 1;
}

}  // namespace

// The first byte chooses how the rest is split, which changes nothing; the limits hold.
void fuzz_resp_reader(std::string_view bytes) {
  if (bytes.empty()) return;
  const size_t step = 1 + static_cast<uint8_t>(bytes[0]) % 16;
  bytes.remove_prefix(1);
  const Replies whole = read_in_steps(bytes, std::max<size_t>(bytes.size(), 1));
  const Replies split = read_in_steps(bytes, step);
  CHECK(same(whole.values, split.values));
  CHECK(whole.error == split.error);
  // Eight aggregates inside one another and a scalar in the innermost.
  for (const RespValue& value : whole.values)
    CHECK(depth(value) <= 9);
}

}  // namespace rondo
