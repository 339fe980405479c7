#include "reactor/buffer_ring.h"

#include <set>
#include <string>

#include "reactor/ring.h"
#include "tests/reactor/sockets.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Receive {
  explicit Receive(Ring& ring, int fd) : ring(ring), fd(fd) {}

  // Receives once, and returns the result; the buffer's number is in `id`.
  int once() {
    io_uring_sqe* sqe = ring.prepare();
    io_uring_prep_recv(sqe, fd, nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = BufferRing::kGroup;
    ring.arm(sqe, operation);
    while (operation.in_flight()) {
      ring.submit_and_wait(-1);
      ring.dispatch(1);
    }
    return result;
  }
  void on_done(int value, uint32_t flags) {
    result = value;
    id = flags >> IORING_CQE_BUFFER_SHIFT;
  }

  Ring& ring;
  int fd;
  int result = 0;
  unsigned id = 0;
  Operation operation{this, Operation::call<&Receive::on_done>};
};

TEST_CASE("the kernel fills the buffers and runs out of them until they are given back") {
  auto ring = Ring::create({});
  REQUIRE(ring);
  auto buffers = BufferRing::create(**ring, {3, 100});
  REQUIRE(buffers);
  REQUIRE((*ring)->enable());
  CHECK((*buffers)->count() == 4);
  CHECK((*buffers)->size() == 100);
  auto [ours, theirs] = unix_pair();
  const std::string bytes = pattern(1000);
  REQUIRE(write_all(ours.get(), bytes));
  Receive receive(**ring, theirs.get());
  std::set<unsigned> used;
  std::string got;
  for (int i = 0; i < 4; ++i) {
    REQUIRE(receive.once() == 100);
    got.append((*buffers)->take(receive.id), 100);
    used.insert(receive.id);
  }
  CHECK(used.size() == 4);
  CHECK(receive.once() == -ENOBUFS);
  for (const unsigned id : used)
    (*buffers)->recycle(id);
  while (got.size() < bytes.size()) {
    REQUIRE(receive.once() == 100);
    got.append((*buffers)->take(receive.id), 100);
    (*buffers)->recycle(receive.id);
  }
  CHECK(got == bytes);
  ring->reset();
}

TEST_CASE("there are as many buffers in turn as were needed at once, up to a limit") {
  auto ring = Ring::create({});
  REQUIRE(ring);
  constexpr unsigned kMost = 4 * BufferRing::kFirst;
  auto buffers = BufferRing::create(**ring, {kMost, 100});
  REQUIRE(buffers);
  REQUIRE((*ring)->enable());
  auto [ours, theirs] = unix_pair();
  REQUIRE(write_all(ours.get(), pattern(20'000)));
  Receive receive(**ring, theirs.get());
  const auto take = [&] {
    REQUIRE(receive.once() == 100);
    (*buffers)->take(receive.id);
    return receive.id;
  };

  std::set<unsigned> used;
  for (unsigned i = 0; i < 2 * BufferRing::kFirst; ++i) {
    const unsigned id = take();
    used.insert(id);
    (*buffers)->recycle(id);
  }
  CHECK(used.size() == BufferRing::kFirst);
  for (unsigned expected = BufferRing::kFirst; expected <= kMost; expected *= 2) {
    CHECK((*buffers)->provided() == expected);
    used.clear();
    for (unsigned i = 0; i < expected; ++i)
      used.insert(take());
    CHECK(used.size() == expected);
    CHECK(receive.once() == -ENOBUFS);
    (*buffers)->note_shortage();
    (*buffers)->note_shortage();  // Another one of the same moment.
    for (const unsigned id : used)
      (*buffers)->recycle(id);
  }
  CHECK((*buffers)->provided() == kMost);
  ring->reset();
}

}  // namespace
}  // namespace rondo
