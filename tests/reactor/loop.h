// Loop: one reactor on a thread of its own, for tests. The test's thread is core 1 of the same
// grid: call() runs a function on the reactor's thread and waits for it.
#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "reactor/reactor.h"
#include "reactor/stream.h"

namespace rondo {

class Loop : public Application {
 public:
  explicit Loop(const ReactorOptions& options = {}) : grid_(2, 16) {
    auto reactor = Reactor::create(options, grid_, 0);
    CHECK(reactor);
    reactor_ = std::move(*reactor);
    thread_ = std::thread([this] { CHECK(reactor_->run(*this)); });
  }
  ~Loop() { stop(); }

  Reactor& reactor() { return *reactor_; }

  void call(const std::function<void()>& task) {
    Call call{&task, {}};
    Mailbox& mailbox = grid_.of(1);
    CHECK(mailbox.send(0, Message{0, 0, &call, {}}));
    mailbox.publish();
    if (mailbox.claim_wake_up(0)) eventfd_write(grid_.wake_target(0).event, 1);
    call.done.wait(false);
  }

  TickStats stats() {
    TickStats copy;
    call([&] { copy = reactor_->stats(); });
    return copy;
  }

  // Runs `on_stopping` on the reactor's thread, then ends it.
  void stop(std::function<void()> on_stopping = {}) {
    if (!thread_.joinable()) return;
    stopping_ = std::move(on_stopping);
    reactor_->request_stop();
    thread_.join();
  }

  // Called in every tick once set; set it inside call().
  std::function<bool()> background;

  void on_start(Reactor&) override {}
  bool on_tick(Time) override {
    return reactor_->mailbox().drain([](int, const Message& message) {
      Call& call = *static_cast<Call*>(message.pointer);
      (*call.task)();
      call.done = true;
      call.done.notify_one();
    }) != 0;
  }
  void on_flush() override {}
  bool on_background(Time) override { return background && background(); }
  void on_stop() override {
    if (stopping_) stopping_();
    reactor_->finish();
  }

 private:
  struct Call {
    const std::function<void()>* task;
    std::atomic<bool> done;
  };

  MailboxGrid grid_;
  std::unique_ptr<Reactor> reactor_;
  std::function<void()> stopping_;
  std::thread thread_;
};

// A stream with its handler; what it does is given by functions, what happened is kept.
class Peer : public StreamHandler {
 public:
  Peer(Reactor& reactor, int fd) : stream(Stream::adopt(reactor, fd, *this)) {}
  virtual ~Peer() = default;

  void on_data(std::string_view bytes) override {
    received_bytes += bytes.size();
    if (data) data(bytes);
  }
  void on_direct_read(size_t size) override {
    direct_bytes += size;
    if (direct) direct(size);
  }
  void on_writable() override {
    ++writable_calls;
    if (writable) writable();
  }
  void on_closed(int error) override {
    closed_with = error;
    ++closed_calls;
    if (closed) closed(error);
  }

  std::function<void(std::string_view)> data;
  std::function<void(size_t)> direct;
  std::function<void()> writable;
  std::function<void(int)> closed;
  std::atomic<size_t> received_bytes{0};
  std::atomic<size_t> direct_bytes{0};
  std::atomic<int> writable_calls{0};
  std::atomic<int> closed_calls{0};
  std::atomic<int> closed_with{-1};
  StreamPtr stream;
};

// A Peer that sends back what it receives. While its peer does not read, it stops reading too.
class Echo : public Peer {
 public:
  Echo(Reactor& reactor, int fd) : Peer(reactor, fd) {
    data = [this](std::string_view bytes) {
      out_.append(bytes);
      flush();
    };
    writable = [this] { flush(); };
    closed = [this](int error) {
      if (error == 0 && out_.empty()) stream.reset();
      finishing_ = true;
    };
  }

 private:
  void flush() {
    if (!stream->blocked()) out_.erase(0, stream->send(out_));
    if (!out_.empty() && !stream->reading_paused()) stream->pause_reading();
    if (out_.empty() && stream->reading_paused()) stream->resume_reading();
    if (out_.empty() && finishing_) stream.reset();
  }

  std::string out_;
  bool finishing_ = false;
};

}  // namespace rondo
