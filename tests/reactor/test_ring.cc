#include "reactor/ring.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "tests/testing.h"

namespace rondo {
namespace {

struct Nop {
  void on_done(int result, uint32_t) {
    last = result;
    ++count;
  }
  int last = 1;
  int count = 0;
  Operation operation{this, Operation::call<&Nop::on_done>};
};

std::unique_ptr<Ring> make_ring(const RingOptions& options = {}) {
  auto ring = Ring::create(options);
  REQUIRE(ring);
  REQUIRE((*ring)->enable());
  return std::move(*ring);
}

TEST_CASE("operations are in flight until they complete") {
  auto ring = make_ring();
  Nop nop;
  CHECK(!ring->must_enter());
  io_uring_sqe* sqe = ring->prepare();
  io_uring_prep_nop(sqe);
  ring->arm(sqe, nop.operation);
  CHECK(nop.operation.in_flight());
  CHECK(ring->in_flight() == 1);
  CHECK(ring->must_enter());
  ring->submit();
  CHECK(ring->dispatch(10) == 1);
  CHECK(nop.count == 1);
  CHECK(nop.last == 0);
  CHECK(!nop.operation.in_flight());
  CHECK(ring->in_flight() == 0);
}

TEST_CASE("more submissions than the queue holds are submitted on the way") {
  RingOptions options;
  options.entries = 4;
  auto ring = make_ring(options);
  std::vector<std::unique_ptr<Nop>> nops;
  for (int i = 0; i < 100; ++i) {
    nops.push_back(std::make_unique<Nop>());
    io_uring_sqe* sqe = ring->prepare();
    io_uring_prep_nop(sqe);
    ring->arm(sqe, nops.back()->operation);
  }
  ring->submit();
  size_t count = 0;
  while (count < 100) {
    const size_t some = ring->dispatch(7);
    REQUIRE(some <= 7);
    REQUIRE(some > 0);
    count += some;
  }
  for (const auto& nop : nops)
    CHECK(nop->count == 1);
}

TEST_CASE("a dispatch ends when its time is over, with one completion at least") {
  auto ring = make_ring();
  std::vector<std::unique_ptr<Nop>> nops;
  for (int i = 0; i < 5; ++i) {
    nops.push_back(std::make_unique<Nop>());
    io_uring_sqe* sqe = ring->prepare();
    io_uring_prep_nop(sqe);
    ring->arm(sqe, nops.back()->operation);
  }
  ring->submit();
  for (int i = 0; i < 5; ++i)
    CHECK(ring->dispatch(10, 0) == 1);
  CHECK(ring->dispatch(10, 0) == 0);
  for (const auto& nop : nops)
    CHECK(nop->count == 1);
}

TEST_CASE("waiting ends at its limit, and with a completion") {
  auto ring = make_ring();
  ring->submit_and_wait(1'000'000);
  CHECK(ring->dispatch(10) == 0);
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  Nop poll;
  io_uring_sqe* sqe = ring->prepare();
  io_uring_prep_poll_add(sqe, pipe_ends[0], 1);
  ring->arm(sqe, poll.operation);
  ring->submit_and_wait(1'000'000);
  CHECK(ring->dispatch(10) == 0);
  REQUIRE(::write(pipe_ends[1], "x", 1) == 1);
  ring->submit_and_wait(-1);
  CHECK(ring->dispatch(10) == 1);
  CHECK(poll.last == 1);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST_CASE("cancelling, one and all, with and without an outcome") {
  auto ring = make_ring();
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  Nop polls[3];
  auto arm = [&](Nop& poll) {
    io_uring_sqe* sqe = ring->prepare();
    io_uring_prep_poll_add(sqe, pipe_ends[0], 1);
    ring->arm(sqe, poll.operation);
  };
  for (Nop& poll : polls)
    arm(poll);
  Nop outcome;
  ring->cancel(polls[0].operation, outcome.operation);
  ring->submit();
  ring->dispatch(100);
  CHECK(outcome.last == 0);
  CHECK(polls[0].last == -ECANCELED);
  CHECK(polls[1].operation.in_flight());
  ring->cancel(polls[0].operation);  // Not in flight: nothing to do.
  CHECK(!ring->has_submissions());
  ring->cancel_all();
  ring->submit();
  ring->dispatch(100);
  CHECK(polls[1].last == -ECANCELED);
  CHECK(polls[2].last == -ECANCELED);
  CHECK(ring->in_flight() == 0);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST_CASE("an untracked operation completes only when it fails") {
  auto ring = make_ring();
  Nop wake;
  for (const int fd : {ring->fd(), 0}) {
    io_uring_sqe* sqe = ring->prepare();
    io_uring_prep_msg_ring(sqe, fd, 0, Ring::kWakeUp, 0);
    ring->untracked(sqe, wake.operation);
    CHECK(ring->in_flight() == 0);
    ring->submit();
    ring->dispatch(10);
  }
  CHECK(ring->wake_ups() == 1);
  CHECK(wake.count == 1);
  CHECK(wake.last < 0);
}

TEST_CASE("the fall-backs are described") {
  RingOptions options;
  options.use_defer_taskrun = false;
  options.use_multishot_receive = false;
  options.use_message_ring = false;
  auto ring = make_ring(options);
  CHECK(ring->describe().find("no deferred task work") != std::string::npos);
  CHECK(ring->describe().find("no multishot receive") != std::string::npos);
  CHECK(ring->describe().find("no messages between rings") != std::string::npos);
}

// In a child process whose io_uring_setup fails with `error`, as a container's profile does it.
std::string refusal_text(int error) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{4, filter};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    auto ring = Ring::create({});
    const std::string text = ring ? "no refusal" : ring.failure().text;
    ::_exit(::write(pipe_ends[1], text.data(), text.size()) > 0 ? 0 : 1);
  }
  ::close(pipe_ends[1]);
  char text[500] = {};
  const ssize_t size = ::read(pipe_ends[0], text, sizeof text);
  ::close(pipe_ends[0]);
  int status;
  ::waitpid(child, &status, 0);
  return {text, size > 0 ? static_cast<size_t>(size) : 0};
}

TEST_CASE("a kernel that refuses is named in one line") {
  CHECK(refusal_text(EPERM).starts_with("io_uring is forbidden here"));
  CHECK(refusal_text(ENOSYS).starts_with("io_uring is missing in this kernel"));
  CHECK(refusal_text(EINVAL).starts_with("io_uring of this kernel is too old"));
  CHECK(refusal_text(ENOMEM).starts_with("io_uring can not lock memory"));
  CHECK(refusal_text(EMFILE) == "io_uring can not be set up: Too many open files");
}

}  // namespace
}  // namespace rondo
