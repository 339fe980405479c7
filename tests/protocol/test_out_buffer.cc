#include "protocol/out_buffer.h"

#include <string>
#include <utility>
#include <vector>

#include "reactor/base/prng.h"
#include "reactor/base/shared_bytes.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string random_bytes(Prng& prng, size_t length) {
  std::string bytes(length, '\0');
  for (char& c : bytes)
    c = static_cast<char>(prng.next());
  return bytes;
}

std::string from_pieces(const OutBuffer& buffer) {
  std::vector<iovec> pieces(10000);
  pieces.resize(buffer.pieces(pieces.data(), pieces.size()));
  std::string all;
  for (const iovec& piece : pieces) {
    CHECK(piece.iov_len > 0);
    all.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return all;
}

TEST_CASE("an empty OutBuffer owns nothing") {
  OutBuffer buffer;
  CHECK(buffer.empty());
  CHECK(buffer.footprint() == 0);
  CHECK(buffer.to_string().empty());
  iovec piece;
  CHECK(buffer.pieces(&piece, 1) == 0);
  buffer.clear();
  buffer.consume(0);
  buffer.truncate(0);
  buffer.verify();
}

TEST_CASE("an emptied OutBuffer keeps one small chunk, until it is trimmed") {
  OutBuffer buffer;
  buffer.append("+OK\r\n");
  const size_t small = buffer.footprint();
  CHECK(small <= OutBuffer::kSmallChunkBytes);
  buffer.consume(buffer.size());
  CHECK(buffer.footprint() == small);
  buffer.append(std::string(100'000, 'x'));
  CHECK(buffer.footprint() > 100'000);
  buffer.clear();
  CHECK(buffer.footprint() == small);
  buffer.trim();
  CHECK(buffer.footprint() == 0);
  buffer.verify();
}

TEST_CASE("reserve gives as much contiguous room as a chunk has") {
  OutBuffer buffer;
  std::string expected;
  for (const size_t n : {size_t{1}, size_t{1000}, OutBuffer::kChunkBytes, size_t{20}}) {
    char* place = buffer.reserve(n);
    std::memset(place, 'a', n);
    buffer.commit(n);
    expected.append(n, 'a');
    buffer.verify();
  }
  CHECK(buffer.to_string() == expected);
}

TEST_CASE("a large value is referred to, a small one copied") {
  OutBuffer buffer;
  const SharedBytes large = SharedBytes::copy_of(std::string(20'000, 'L'));
  const SharedBytes small = SharedBytes::copy_of("small");
  buffer.append("head");
  buffer.append_shared(large, 5, 10'000);
  buffer.append("between");
  buffer.append_shared(small, 1, 3);
  CHECK(!large.unique());
  CHECK(small.unique());
  CHECK(buffer.to_string() == "head" + std::string(10'000, 'L') + "betweenmal");
  iovec pieces[4];
  REQUIRE(buffer.pieces(pieces, 4) == 3);
  CHECK(pieces[1].iov_base == large.data() + 5);
  CHECK(buffer.footprint() >= large.footprint());
  CHECK(buffer.footprint() < large.footprint() + 2 * OutBuffer::kSmallChunkBytes);
  buffer.consume(4 + 9'999);
  CHECK(!large.unique());
  buffer.consume(1);
  CHECK(large.unique());
  CHECK(buffer.to_string() == "betweenmal");
  buffer.verify();
}

TEST_CASE("pieces stay where they are while more is appended") {
  OutBuffer buffer;
  buffer.append("first");
  iovec piece;
  REQUIRE(buffer.pieces(&piece, 1) == 1);
  for (int i = 0; i < 1000; ++i)
    buffer.append("more and more and more and more");
  CHECK(std::string_view(static_cast<char*>(piece.iov_base), 5) == "first");
  CHECK(piece.iov_len == 5);
}

TEST_CASE("truncate takes back what a failed command wrote") {
  OutBuffer buffer;
  buffer.append("kept");
  const SharedBytes large = SharedBytes::copy_of(std::string(30'000, 'L'));
  buffer.append_shared(large, 0, 30'000);
  buffer.append(std::string(40'000, 'x'));
  buffer.truncate(4 + 100);
  CHECK(!large.unique());
  buffer.append("!");
  CHECK(buffer.to_string() == "kept" + std::string(100, 'L') + "!");
  buffer.truncate(4);
  CHECK(large.unique());
  buffer.append(".");
  CHECK(buffer.to_string() == "kept.");
  buffer.verify();
}

TEST_CASE("a moved OutBuffer leaves an empty one behind") {
  OutBuffer from;
  from.append("bytes");
  OutBuffer to = std::move(from);
  CHECK(from.empty());
  CHECK(from.footprint() == 0);
  from.append("again");
  to = std::move(from);
  CHECK(to.to_string() == "again");
  from.verify();
  to.verify();
}

// Two buffers and their models under random operations.
class Walk {
 public:
  explicit Walk(uint64_t seed) : prng_(seed) {
    for (size_t length : {100, 8191, 8192, 50'000}) {
      values_.push_back(SharedBytes::copy_of(random_bytes(prng_, length)));
    }
  }

  void step() {
    const size_t which = prng_.below(2);
    OutBuffer& buffer = buffers_[which];
    std::string& model = models_[which];
    OutBuffer& other = buffers_[1 - which];
    std::string& other_model = models_[1 - which];
    switch (prng_.below(9)) {
      case 0:
        append(buffer, model, prng_.below(64));
        break;
      case 1:
        append(buffer, model, prng_.below(40'000));
        break;
      case 2:
        reserve(buffer, model);
        break;
      case 3:
        share(buffer, model);
        break;
      case 4: {
        const size_t n = part_of(model.size());
        buffer.consume(n);
        model.erase(0, n);
        break;
      }
      case 5: {
        const size_t n = part_of(model.size());
        buffer.truncate(n);
        model.resize(n);
        break;
      }
      case 6: {
        const size_t to = part_of(other_model.size());
        const size_t from = prng_.below(to + 1);
        buffer.append_range(other, from, to);
        model += other_model.substr(from, to - from);
        break;
      }
      case 7:
        buffer.splice(std::move(other));
        model += std::exchange(other_model, {});
        CHECK(other.empty());
        break;
      default:
        if (prng_.one_in(4)) {
          buffer.clear();
          model.clear();
        }
    }
    for (size_t i = 0; i < 2; ++i) {
      buffers_[i].verify();
      REQUIRE(buffers_[i].size() == models_[i].size());
    }
  }

  void compare() {
    for (size_t i = 0; i < 2; ++i) {
      REQUIRE(buffers_[i].to_string() == models_[i]);
      REQUIRE(from_pieces(buffers_[i]) == models_[i]);
    }
  }

  // Every reference is given back.
  void finish() {
    for (OutBuffer& buffer : buffers_) {
      buffer.clear();
      CHECK(buffer.footprint() <= OutBuffer::kSmallChunkBytes);
    }
    for (const SharedBytes& value : values_)
      CHECK(value.unique());
  }

 private:
  // Mostly a small part, sometimes all of it.
  size_t part_of(size_t size) {
    switch (prng_.below(4)) {
      case 0:
        return size;
      case 1:
        return prng_.below(size + 1);
      default:
        return std::min(size, prng_.below(300));
    }
  }

  void append(OutBuffer& buffer, std::string& model, size_t length) {
    const std::string bytes = random_bytes(prng_, length);
    buffer.append(bytes);
    model += bytes;
  }

  void reserve(OutBuffer& buffer, std::string& model) {
    const size_t n = prng_.below(prng_.one_in(8) ? OutBuffer::kChunkBytes + 1 : 200);
    const size_t used = prng_.below(n + 1);
    char* place = buffer.reserve(n);
    if (n > 0) std::memset(place, 'r', n);
    buffer.commit(used);
    model.append(used, 'r');
  }

  void share(OutBuffer& buffer, std::string& model) {
    const SharedBytes& value = values_[prng_.below(values_.size())];
    const size_t from = prng_.one_in(2) ? 0 : prng_.below(value.size() + 1);
    const size_t length =
        prng_.one_in(2) ? value.size() - from : prng_.below(value.size() - from + 1);
    buffer.append_shared(value, from, length);
    model += value.view().substr(from, length);
  }

  Prng prng_;
  std::vector<SharedBytes> values_;
  OutBuffer buffers_[2];
  std::string models_[2];
};

TEST_CASE("random operations agree with a string") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Walk walk(seed);
    for (int i = 0; i < 150; ++i) {
      walk.step();
      if (i % 10 == 0) walk.compare();
    }
    walk.compare();
    walk.finish();
  }
}

// Writes pieces of all kinds until the buffer is cut off, and as many again behind that.
void overfill(OutBuffer& buffer, Prng& prng) {
  const SharedBytes value = SharedBytes::copy_of(std::string(20'000, 's'));
  for (int left = 2000; left > 0; --left) {
    switch (prng.below(4)) {
      case 0:
        std::memset(buffer.reserve(1000), 'r', 1000);
        buffer.commit(1000);
        break;
      case 1:
        buffer.append(std::string(prng.below(40'000), 'a'));
        break;
      case 2: {
        OutBuffer other;
        other.append(std::string(prng.below(40'000), 'o'));
        buffer.splice(std::move(other));
        break;
      }
      default:
        buffer.append_shared(value, 0, value.size());
    }
    buffer.verify();
  }
}

TEST_CASE("behind its limit a buffer holds a chunk more at most, whatever is written") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    for (const size_t limit : {size_t{0}, size_t{5'000}, size_t{100'000}, size_t{1'000'000}}) {
      CAPTURE(seed);
      CAPTURE(limit);
      Prng prng(seed);
      OutBuffer buffer;
      buffer.set_limit(limit);
      overfill(buffer, prng);
      CHECK(buffer.is_cut());
      CHECK_LE(buffer.footprint(), limit + 3 * OutBuffer::kChunkBytes);
      buffer.clear();
      CHECK_FALSE(buffer.is_cut());
      CHECK_EQ(buffer.limit(), limit);
    }
  }
}

TEST_CASE("what was there before a buffer was cut off can be kept") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Prng prng(seed);
    OutBuffer buffer;
    const std::string kept = random_bytes(prng, prng.below(60'000));
    buffer.append(kept);
    buffer.set_limit(buffer.footprint() + prng.below(50'000));
    overfill(buffer, prng);
    CHECK(buffer.is_cut());
    buffer.truncate(kept.size());
    buffer.verify();
    CHECK_FALSE(buffer.is_cut());
    CHECK_EQ(buffer.to_string(), kept);
  }
}

TEST_CASE("a buffer that was cut off passes that on with its content") {
  OutBuffer small;
  small.set_limit(10);
  small.append(std::string(50'000, 'x'));
  CHECK(small.is_cut());
  OutBuffer moved(std::move(small));
  CHECK(moved.is_cut());
  OutBuffer whole;
  whole.append("text");
  whole.splice(std::move(moved));
  CHECK(whole.is_cut());
  CHECK_FALSE(moved.is_cut());
  OutBuffer full;
  full.set_limit(20'000);
  full.append("text");
  OutBuffer large;
  large.append(std::string(30'000, 'x'));
  full.splice(std::move(large));
  CHECK(full.is_cut());
  CHECK_LE(full.footprint(), 20'000 + OutBuffer::kChunkBytes);
}

}  // namespace
}  // namespace rondo
