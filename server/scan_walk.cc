#include "server/scan_walk.h"

#include <memory>
#include <utility>
#include <vector>

#include "server/core.h"
#include "server/message_kind.h"

namespace rondo {

// A visit that waits in Admission.
class ScanWaiter final : public Waiter {
 public:
  ScanWaiter(Core& core, ScanWalk& walk) : core_(core), walk_(walk) {}
  void admitted() override { walk_.visit(core_); }

 private:
  Core& core_;
  ScanWalk& walk_;
};

bool ScanWalk::start(Session& session, const Request& request, const Command& row) {
  Core& core = session.core();
  std::unique_ptr<ScanWalk> walk(new ScanWalk());
  walk->storage_.add(request);
  // The one request of the storage: its decoded arguments stay where they are.
  walk->storage_.for_each([&](Request& stored) { walk->request_ = stored; });
  if (walk->scan_.parse(walk->request_.args, core.cores())) return false;
  walk->scan_.set_limit(core.config().output_bytes_max(request.client_class));
  walk->session_ = &session;
  walk->row_ = &row;
  walk->request_.home = core.index();
  walk->request_.address = {&session, session.open_reply()};
  session.block();
  const int first = walk->scan_.shard();
  core.send_scan(first, *walk.release(), false);
  return true;
}

void ScanWalk::arrive(Core& core) {
  Admission& admission = core.admission();
  if (!admission.quiet()) {
    std::vector<uint64_t> keys;
    const LockMode mode = core.lock_keys(*row_, request_.args, keys);
    const uint64_t session = session_number(session_);
    if (!admission.admits(keys, mode, session)) {
      admission.wait(Admission::Kind::kRequest, std::move(keys), mode, session,
                     std::make_unique<ScanWaiter>(core, *this));
      return;
    }
  }
  visit(core);
}

void ScanWalk::visit(Core& core) {
  CHECK(scan_.shard() == core.index());
  core.start_clock();
  scan_.visit(core.shard().db(request_.db));
  cycles_ += core.lap_clock();
  core.send_scan(scan_.done() ? request_.home : scan_.shard(), *this, scan_.done());
}

void ScanWalk::finish(Core& home) {
  const std::unique_ptr<ScanWalk> self(this);
  home.count_executed(request_, *row_, cycles_, false);
  if (scan_.is_cut()) {
    session_->answer_cut(request_.address.sequence);
  } else {
    OutBuffer out;
    Reply reply(out, request_.resp);
    scan_.write(reply);
    session_->answer(request_.address.sequence, std::move(out));
  }
  session_->unblock();
}

// On its way from one core to another.
void Core::send_scan(int to, ScanWalk& walk, bool done) {
  post(to, make_message(done ? MessageKind::kScanDone : MessageKind::kScan, &walk));
}

}  // namespace rondo
