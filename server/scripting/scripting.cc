#include "server/scripting/scripting.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "server/core.h"
#include "server/logger.h"
#include "server/scripting/script_header.h"

namespace rondo {

namespace {

// Collection is asked for a bounded step each so many scripts, besides what Lua does by itself.
constexpr uint32_t kRunsPerCollection = 50;

constexpr const char* kKilled = "ERR Script killed by user with SCRIPT KILL...";
constexpr const char* kStopping = "ERR The server stops";
constexpr const char* kNoScript = "NOSCRIPT No matching script. Please use EVAL.";

bool is_by_sha(const Command& row) {
  return row.name.starts_with("evalsha");
}

bool is_read_only(const Command& row) {
  return (row.flags & kReadonly) != 0;
}

}  // namespace

Scripting::Scripting(Core& core)
    : core_(core),
      interpreter_(*this, core.shard().prng().next()),
      fiber_(run_on_fiber, this, Interpreter::kStackBytes) {}

Scripting::~Scripting() {
  // It was never one of the core's.
  if (session_) ++core_.sessions_count;
}

// --- Which script ------------------------------------------------------------------------------

// What was compiled before the registry was flushed.
void Scripting::drop_stale() {
  const uint64_t generation = core_.server().scripts.generation();
  if (generation == generation_) return;
  generation_ = generation;
  for (const auto& [sha, compiled] : compiled_)
    interpreter_.forget(compiled.function);
  compiled_.clear();
  last_ = Compiled();
}

// Leaves it in last_. `known`: the registry has it.
Error Scripting::compile(const Sha1Hex& sha, std::string_view text, const Script* known) {
  Compiled compiled;
  uint32_t flags = 0;
  size_t header_bytes = 0;
  if (Error error = parse_script_header(text, flags, header_bytes)) return error;
  if (Error error = interpreter_.compile(text.substr(header_bytes), compiled.function)) {
    return error;
  }
  compiled.script = known ? known : &core_.server().scripts.add(sha, text, flags, header_bytes);
  compiled_.emplace(sha, compiled);
  last_ = compiled;
  return {};
}

Error Scripting::find_script(const Request& request, const Command& row) {
  drop_stale();
  const std::string_view wanted = request.args[1];
  Sha1Hex sha;
  if (is_by_sha(row)) {
    if (!parse_sha1_hex(wanted, sha)) return kNoScript;
  } else {
    if (last_.script && last_.script->text == wanted) return {};
    sha = sha1_hex(wanted);
  }
  if (last_.script && last_.script->sha == sha) return {};
  const auto found = compiled_.find(sha);
  if (found != compiled_.end()) {
    last_ = found->second;
    return {};
  }
  const Script* known = core_.server().scripts.find(sha);
  if (known) return compile(sha, known->text, known);
  if (is_by_sha(row)) return kNoScript;
  return compile(sha, wanted, nullptr);
}

Error Scripting::load(std::string_view text, Sha1Hex& sha) {
  drop_stale();
  sha = sha1_hex(text);
  if (compiled_.contains(sha)) return {};
  // The script that is under way stays the last one that ran.
  const Compiled last = last_;
  Error error = compile(sha, text, nullptr);
  last_ = last;
  return error;
}

// What Redis checks before it runs a script, in its order.
Error Scripting::prepare(const Request& request, const Command& row, int& keys) {
  Sha1Hex unused;
  if (is_by_sha(row) && request.args[1].size() != unused.digits.size()) return kNoScript;
  const auto count = parse_integer(request.args[2]);
  if (!count) return errors::kNotInteger;
  if (*count > static_cast<int64_t>(request.args.size() - 3)) {
    return "ERR Number of keys can't be greater than number of args";
  }
  if (*count < 0) return "ERR Number of keys can't be negative";
  keys = static_cast<int>(*count);
  if (Error error = find_script(request, row)) return error;
  const uint32_t flags = last_.script->flags;
  if (is_read_only(row) && !(flags & (kScriptNoWrites | kScriptWithoutHeader))) {
    return "ERR Can not execute a script with write flag using *_ro command.";
  }
  return {};
}

// --- Running it --------------------------------------------------------------------------------

Scripting::Outcome Scripting::start(Request& request, const Command& row, const Place& place,
                                    Reply& reply) {
  CHECK(!suspended());
  row_ = &row;
  request_ = &request;
  home_ = &place.home;
  view_ = &place.view;
  transaction_ = place.transaction;
  reply_ = &reply;
  db_ = request.db;
  resp_ = Resp::k2;
  cycles_ = 0;
  started_ns_ = core_.now().mono_ns;
  written_ = false;
  slice_from_ = read_cycles();
  if (Error error = prepare(request, row, keys_)) {
    fail(std::move(error));
    return Outcome::kDone;
  }
  read_only_ = is_read_only(row) || (last_.script->flags & kScriptNoWrites) != 0;
  return step();
}

Scripting::Outcome Scripting::resume(Reply& reply) {
  CHECK(suspended());
  reply_ = &reply;
  if (!answered_) return Outcome::kSuspended;
  check_end();
  slice_from_ = read_cycles();
  return step();
}

Scripting::Outcome Scripting::step() {
  fiber_.resume();
  cycles_ += read_cycles() - slice_from_;
  if (fiber_.running()) return Outcome::kSuspended;
  finish();
  return Outcome::kDone;
}

void Scripting::run_on_fiber(void* self) {
  auto& scripting = *static_cast<Scripting*>(self);
  const Args args = scripting.request_->args.subspan(3);
  const auto keys = static_cast<size_t>(scripting.keys_);
  scripting.interpreter_.run(scripting.last_.function, args.first(keys), args.subspan(keys),
                             scripting.reply_, scripting.result_);
}

void Scripting::suspend() {
  fiber_.suspend();
  slice_from_ = read_cycles();
}

void Scripting::on_progress() {
  if (read_cycles() - slice_from_ >= core_.slice_cycles()) suspend();
}

// Between two slices: whether it takes too long, and is to end.
void Scripting::check_end() {
  BusyScripts& busy = core_.server().busy_scripts;
  const int64_t threshold_ms = core_.config().busy_reply_threshold;
  const int64_t elapsed_ms = (core_.now().mono_ns - started_ns_) / 1'000'000;
  if (!busy_ && threshold_ms > 0 && elapsed_ms >= threshold_ms) {
    busy_ = true;
    busy.begin(core_.index(), written_);
    log_warning(
        "Slow script detected: still in execution after {} milliseconds. You can try killing the "
        "script using the SCRIPT KILL command. Script name is: {}.",
        elapsed_ms, last_.script->sha.view());
  }
  if (busy_ && busy.is_killed(core_.index())) interpreter_.stop(kKilled);
  if (core_.server().stopping.load(std::memory_order_relaxed)) interpreter_.stop(kStopping);
}

// A command that writes is about to execute.
void Scripting::note_write() {
  if (written_) return;
  written_ = true;
  if (busy_ && !core_.server().busy_scripts.note_write(core_.index())) interpreter_.stop(kKilled);
}

void Scripting::finish() {
  if (std::exchange(busy_, false)) core_.server().busy_scripts.end(core_.index());
  Interpreter::Result& result = result_;
  if (!result.raised.empty()) {
    std::string& text = result.raised;
    text += " script: ";
    text += last_.script->sha.view();
    if (!result.source.empty()) text += fmt::format(", on {}:{}.", result.source, result.line);
    reply_->error(text);
  }
  if (result.failed && !result.counted) {
    core_.count_error(result.raised.empty() ? result.code : result.raised);
  }
  core_.start_clock();
  core_.count_executed(*request_, *row_, cycles_, result.failed);
  if (++runs_ % kRunsPerCollection == 0) interpreter_.collect_some();
}

// It did not begin.
void Scripting::fail(Error error) {
  reply_->error(error.text());
  core_.count_error(error.text());
  core_.count_executed(*request_, *row_, core_.lap_clock(), true);
}

void Scripting::keep_request(int from) {
  CHECK(kept_.empty());
  kept_.add(*request_);
  kept_.for_each([&](Request& kept) { kept_one_ = kept; });
  kept_one_.home = from;
  request_ = &kept_one_;
}

void Scripting::forget_request() {
  kept_.reset();
  request_ = nullptr;
}

}  // namespace rondo
