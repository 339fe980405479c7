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
    got.append((*buffers)->buffer(receive.id), 100);
    used.insert(receive.id);
  }
  CHECK(used.size() == 4);
  CHECK(receive.once() == -ENOBUFS);
  for (const unsigned id : used)
    (*buffers)->recycle(id);
  while (got.size() < bytes.size()) {
    REQUIRE(receive.once() == 100);
    got.append((*buffers)->buffer(receive.id), 100);
    (*buffers)->recycle(receive.id);
  }
  CHECK(got == bytes);
  ring->reset();
}

}  // namespace
}  // namespace rondo
