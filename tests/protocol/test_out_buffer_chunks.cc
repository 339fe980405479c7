// OutBuffer: how large its first chunk is, and when it keeps it.
#include <iterator>
#include <string>

#include "protocol/out_buffer.h"
#include "tests/testing.h"

namespace rondo {
namespace {

size_t count_pieces(const OutBuffer& buffer) {
  iovec pieces[16];
  return buffer.pieces(pieces, std::size(pieces));
}

TEST_CASE("a buffer that is made for one size of chunk keeps one of it") {
  OutBuffer buffer(OutBuffer::kChunkBytes);
  CHECK_EQ(buffer.footprint(), 0);
  for (int round = 0; round < 3; ++round) {
    buffer.append(std::string(10'000, 'x'));
    buffer.verify();
    CHECK_EQ(count_pieces(buffer), 1);
    CHECK_EQ(buffer.footprint(), OutBuffer::kChunkBytes);
    buffer.clear();
    CHECK_EQ(buffer.footprint(), OutBuffer::kChunkBytes);
  }
  OutBuffer moved(std::move(buffer));
  CHECK_EQ(buffer.footprint(), 0);
  buffer.append("x");
  CHECK_EQ(buffer.footprint(), OutBuffer::kChunkBytes);
}

TEST_CASE("the first chunk follows what a buffer usually holds") {
  const std::string pipeline(2500, 'x');
  const std::string reply(70, 'x');
  OutBuffer buffer;
  const auto round = [&](const std::string& text) {
    for (size_t i = 0; i < text.size(); i += 50)
      buffer.append(std::string_view(text).substr(i, 50));
    buffer.verify();
    const size_t pieces = count_pieces(buffer);
    buffer.consume(text.size());
    buffer.fit_first_chunk(text.size());
    buffer.verify();
    return pieces;
  };
  CHECK_EQ(round(pipeline), 2);
  CHECK_EQ(round(pipeline), 1);
  CHECK_EQ(buffer.footprint(), OutBuffer::kBusyChunkBytes);
  // Some short ones in between change nothing; many do.
  for (int i = 0; i < 10; ++i) {
    CHECK_EQ(round(reply), 1);
    CHECK_EQ(round(pipeline), 1);
  }
  CHECK_EQ(buffer.footprint(), OutBuffer::kBusyChunkBytes);
  for (int i = 0; i < 100; ++i)
    CHECK_EQ(round(reply), 1);
  CHECK_EQ(buffer.footprint(), OutBuffer::kSmallChunkBytes);
  // What is much larger is not kept for.
  round(std::string(100'000, 'x'));
  CHECK_LE(buffer.footprint(), OutBuffer::kSmallChunkBytes);
  CHECK_EQ(round(pipeline), 2);
}

}  // namespace
}  // namespace rondo
