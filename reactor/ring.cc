#include "reactor/ring.h"

#include <cerrno>

#include "reactor/base/clock.h"

namespace rondo {

namespace {

Failure refusal(int error) {
  switch (error) {
    case ENOSYS:
      return {"io_uring is missing in this kernel; Linux 5.19 or newer is needed", error};
    case EPERM:
    case EACCES:
      return {
          "io_uring is forbidden here; see the sysctl kernel.io_uring_disabled and the "
          "container's seccomp profile",
          error};
    case EINVAL:
      return {"io_uring of this kernel is too old; Linux 5.19 or newer is needed", error};
    case ENOMEM:
      return {"io_uring can not lock memory; raise the limit of locked memory (ulimit -l)", error};
    default:
      return Failure::from_errno("io_uring can not be set up", error);
  }
}

}  // namespace

Result<std::unique_ptr<Ring>> Ring::create(const RingOptions& options) {
  std::unique_ptr<Ring> ring(new Ring(options));
  Status status = ring->set_up();
  if (!status) return status.failure();
  return ring;
}

Status Ring::set_up() {
  // What each step gives up is what an older kernel lacks: 6.1, 6.0, 5.19.
  struct Step {
    unsigned flags;
    bool single_issuer;
    bool defer_taskrun;
  };
  constexpr unsigned kCommon = IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL |
                               IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_TASKRUN_FLAG;
  constexpr Step kSteps[] = {
      {kCommon | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, true, true},
      {kCommon | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN, true, false},
      {kCommon | IORING_SETUP_COOP_TASKRUN, false, false},
  };
  int error = EINVAL;
  for (const Step& step : kSteps) {
    if (step.defer_taskrun && !options_.use_defer_taskrun) continue;
    io_uring_params parameters{};
    parameters.flags = step.flags;
    parameters.cq_entries = options_.completion_entries;
    error = -io_uring_queue_init_params(options_.entries, &ring_, &parameters);
    if (error != 0) {
      if (error == EINVAL) continue;
      break;
    }
    created_ = true;
    features_.single_issuer = step.single_issuer;
    features_.defer_taskrun = step.defer_taskrun;
    features_.taskrun_flag = true;
    // Both came with Linux 6.0, and only one of them shows at set-up.
    features_.multishot_receive = step.single_issuer && options_.use_multishot_receive;
    break;
  }
  if (!created_) return refusal(error);

  constexpr unsigned kNeeded = IORING_FEAT_NODROP | IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG;
  if ((ring_.features & kNeeded) != kNeeded) return refusal(EINVAL);
  skips_success_ = (ring_.features & IORING_FEAT_CQE_SKIP) != 0;

  io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
  if (probe != nullptr) {
    features_.message_ring =
        options_.use_message_ring && io_uring_opcode_supported(probe, IORING_OP_MSG_RING) != 0;
    io_uring_free_probe(probe);
  }
  return Done{};
}

Ring::~Ring() {
  if (created_) io_uring_queue_exit(&ring_);
}

Status Ring::enable() {
  const int error = -io_uring_enable_rings(&ring_);
  if (error != 0) return Failure::from_errno("io_uring can not be enabled", error);
  // Saves the lookup of the descriptor in each enter; of no consequence where it is refused.
  features_.registered_descriptor = io_uring_register_ring_fd(&ring_) == 1;
  return Done{};
}

io_uring_sqe* Ring::prepare() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr)
    [[unlikely]] {
      submit();
      sqe = io_uring_get_sqe(&ring_);
    }
  return sqe;
}

void Ring::arm(io_uring_sqe* sqe, Operation& operation) {
  CHECK(!operation.in_flight_);
  operation.in_flight_ = true;
  ++in_flight_;
  io_uring_sqe_set_data(sqe, &operation);
}

void Ring::untracked(io_uring_sqe* sqe, Operation& operation) {
  io_uring_sqe_set_data(sqe, &operation);
  if (skips_success_) sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void Ring::ignore(io_uring_sqe* sqe) {
  io_uring_sqe_set_data64(sqe, kIgnored);
  if (skips_success_) sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void Ring::cancel(Operation& operation) {
  if (!operation.in_flight_) return;
  io_uring_sqe* sqe = prepare();
  io_uring_prep_cancel64(sqe, reinterpret_cast<uint64_t>(&operation), 0);
  ignore(sqe);
}

void Ring::cancel(Operation& operation, Operation& outcome) {
  CHECK(operation.in_flight_);
  io_uring_sqe* sqe = prepare();
  io_uring_prep_cancel64(sqe, reinterpret_cast<uint64_t>(&operation), 0);
  arm(sqe, outcome);
}

void Ring::cancel_all() {
  io_uring_sqe* sqe = prepare();
  io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY);
  ignore(sqe);
}

void Ring::submit() {
  const int result = io_uring_submit_and_get_events(&ring_);
  ++enters_;
  // EAGAIN and EBUSY: the kernel is short of memory or of room for completions, and what was not
  // taken stays in the queue for the next time.
  CHECK(result >= 0 || result == -EINTR || result == -EAGAIN || result == -EBUSY);
}

void Ring::submit_and_wait(int64_t timeout_ns) {
  io_uring_cqe* cqe = nullptr;
  __kernel_timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
  const int result = io_uring_submit_and_wait_timeout(&ring_, &cqe, 1,
                                                      timeout_ns < 0 ? nullptr : &timeout, nullptr);
  ++enters_;
  CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
        result == -EBUSY);
}

size_t Ring::dispatch(size_t max, uint64_t cycles_max) {
  size_t count = 0;
  const uint64_t from_cycles = read_cycles();
  io_uring_cqe* cqe;
  while (count < max && io_uring_peek_cqe(&ring_, &cqe) == 0) {
    const uint64_t data = cqe->user_data;
    const int result = cqe->res;
    const uint32_t flags = cqe->flags;
    io_uring_cqe_seen(&ring_, cqe);
    ++count;
    if (data == kIgnored) continue;
    if (data == kWakeUp) {
      ++wake_ups_;
      continue;
    }
    Operation& operation = *reinterpret_cast<Operation*>(data);
    if (operation.in_flight_ && (flags & IORING_CQE_F_MORE) == 0) {
      operation.in_flight_ = false;
      --in_flight_;
    }
    operation.complete_(operation, result, flags);
    if (read_cycles() - from_cycles >= cycles_max) break;
  }
  return count;
}

std::string Ring::describe() const {
  std::string text = "io_uring:";
  auto add = [&](bool present, const char* name) {
    text += present ? " " : " no ";
    text += name;
    text += ',';
  };
  add(features_.single_issuer, "single issuer");
  add(features_.defer_taskrun, "deferred task work");
  add(features_.multishot_receive, "multishot receive");
  add(features_.message_ring, "messages between rings");
  add(features_.registered_descriptor, "registered descriptor");
  text.pop_back();
  return text;
}

}  // namespace rondo
