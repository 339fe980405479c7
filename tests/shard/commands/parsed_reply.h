// Replies of CommandFixture as values, for tests that compare more than bytes.
#pragma once

#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "tests/testing.h"

namespace rondo {

// REQUIRES: `bytes` is one whole reply.
inline RespValue parse(const std::string& bytes) {
  RespReader reader;
  reader.feed(bytes);
  RespValue value;
  REQUIRE(reader.next(value) == RespReader::Status::kValue);
  return value;
}

inline std::vector<std::string> texts_of(const RespValue& reply) {
  std::vector<std::string> texts;
  for (const RespValue& element : reply.elements)
    texts.push_back(element.text);
  return texts;
}

}  // namespace rondo
