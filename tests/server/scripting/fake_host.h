// FakeHost: an interpreter without a server: commands are answered by a function of the test.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/out_buffer.h"
#include "server/scripting/fiber.h"
#include "server/scripting/interpreter.h"
#include "tests/testing.h"

namespace rondo {

class FakeHost final : public ScriptHost {
 public:
  // Less than that of a server, so that tests which run into it are quick.
  static constexpr size_t kMemoryMax = size_t{64} << 20;

  // The reply to a command, as bytes; one that begins with '!' is an error before it began.
  std::function<std::string(const std::vector<std::string>&)> answer = [](const auto&) {
    return std::string("+OK\r\n");
  };
  std::function<void(Interpreter&)> progress = [](Interpreter&) {};
  std::vector<std::string> lines;

  FakeHost() : interpreter_(*this) { interpreter_.set_memory_max(kMemoryMax); }

  Interpreter& interpreter() { return interpreter_; }

  // The reply of a script as bytes, or "raised: " and the error.
  std::string run(std::string_view code, const std::vector<std::string>& keys = {},
                  const std::vector<std::string>& arguments = {}, Resp resp = Resp::k2) {
    int function = 0;
    if (Error error = interpreter_.compile(code, function)) {
      return std::string("compile: ").append(error.text());
    }
    const std::vector<std::string_view> key_views(keys.begin(), keys.end());
    const std::vector<std::string_view> argument_views(arguments.begin(), arguments.end());
    OutBuffer out;
    Reply reply(out, resp);
    Reply* const target = &reply;
    resp_ = Resp::k2;
    job_ = [&] { interpreter_.run(function, key_views, argument_views, target, result); };
    fiber_.resume();
    CHECK_FALSE(fiber_.running());
    interpreter_.forget(function);
    if (!result.raised.empty()) return "raised: " + result.raised;
    return out.to_string();
  }

  Interpreter::Result result;

 private:
  Error call(Args args, std::string_view& reply) override {
    reply_ = answer(std::vector<std::string>(args.begin(), args.end()));
    if (reply_.starts_with('!')) return Error(reply_.substr(1));
    reply = reply_;
    return {};
  }
  void set_resp(Resp resp) override { resp_ = resp; }
  Resp resp() const override { return resp_; }
  void log(int level, std::string_view line) override {
    lines.push_back(std::to_string(level) + " " + std::string(line));
  }
  bool knows_command(Args args) override { return args[0] == "get"; }
  void on_progress() override { progress(interpreter_); }

  static void run_job(void* self) { static_cast<FakeHost*>(self)->job_(); }

  Resp resp_ = Resp::k2;
  std::string reply_;
  Interpreter interpreter_;
  std::function<void()> job_;
  Fiber fiber_{run_job, this, Interpreter::kStackBytes};
};

}  // namespace rondo
