#include "tools/cli/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "reactor/base/clock.h"
#include "reactor/base/prng.h"

namespace rondo::cli {
namespace {

constexpr size_t kChunkBytes = 128 * 1024;

std::string make_magic() {
  Prng prng(static_cast<uint64_t>(read_unix_us()) ^ static_cast<uint64_t>(::getpid()) << 40);
  std::string magic(20, '\0');
  for (char& c : magic)
    c = static_cast<char>(prng.below(256));
  return magic;
}

// The two directions of one run. Neither waits for the other: a server that stops reading until
// its replies are taken would otherwise never go on.
class Pipe {
 public:
  Pipe(client::Client& client, int input, int timeout_s)
      : fd_(client.fd()), input_(input), timeout_s_(timeout_s), magic_(make_magic()) {}

  int run() {
    const int flags = ::fcntl(fd_, F_GETFL, 0);
    ::fcntl(fd_, F_SETFL, flags | O_NONBLOCK);
    while (!done_ && failure_.empty())
      step();
    ::fcntl(fd_, F_SETFL, flags);
    if (!failure_.empty()) std::fprintf(stderr, "%s\n", failure_.c_str());
    std::printf("errors: %lld, replies: %lld\n", errors_, replies_);
    return errors_ == 0 && failure_.empty() ? 0 : 1;
  }

 private:
  void step() {
    // The input is read only when everything read before has gone out.
    const bool wants_input = sent_ == out_.size() && !input_ended_;
    const bool waits_for_end = sent_ == out_.size() && input_ended_;
    pollfd polls[2] = {{fd_, POLLIN, 0}, {wants_input ? input_ : -1, POLLIN, 0}};
    if (sent_ < out_.size()) polls[0].events |= POLLOUT;
    const int ready = ::poll(polls, 2, waits_for_end && timeout_s_ > 0 ? timeout_s_ * 1000 : -1);
    if (ready == 0) {
      failure_ = "No replies for " + std::to_string(timeout_s_) + " seconds: exiting.";
    } else if (ready < 0 && errno != EINTR) {
      failure_ = "Error polling the server";
    } else if (ready > 0) {
      if (polls[0].revents & (POLLIN | POLLERR | POLLHUP)) read_replies();
      if (polls[0].revents & POLLOUT) write_out();
      if (polls[1].revents) read_input();
    }
  }

  void read_input() {
    out_.resize(kChunkBytes);
    sent_ = 0;
    const ssize_t got = ::read(input_, out_.data(), out_.size());
    if (got < 0) {
      out_.clear();
      if (errno != EINTR) failure_ = "Error reading the input";
      return;
    }
    out_.resize(static_cast<size_t>(got));
    if (got > 0) return write_out();
    input_ended_ = true;
    // The input may end inside a line: this makes it one.
    out_ = "\r\n*2\r\n$4\r\nECHO\r\n$20\r\n" + magic_ + "\r\n";
    std::puts("All data transferred. Waiting for the last reply...");
    std::fflush(stdout);
  }

  void write_out() {
    const ssize_t sent = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (sent > 0) {
      sent_ += static_cast<size_t>(sent);
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      failure_ = "Error writing to the server";
    }
    if (failure_.empty()) read_replies();
  }

  void read_replies() {
    char bytes[16 * 1024];
    while (failure_.empty() && !done_) {
      const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got < 0) failure_ = "Error reading from the server";
      if (got == 0) failure_ = "Server closed the connection";
      if (got > 0) {
        reader_.feed({bytes, static_cast<size_t>(got)});
        count_replies();
      }
    }
  }

  void count_replies() {
    RespValue value;
    while (true) {
      const RespReader::Status status = reader_.next(value);
      if (status == RespReader::Status::kNeedMore) return;
      if (status == RespReader::Status::kError) {
        failure_ = "Error in the server's reply: " + reader_.error_text();
        return;
      }
      if (value.type == RespValue::Type::kBulk && value.text == magic_) {
        std::puts("Last reply received from server.");
        done_ = true;
        return;
      }
      ++replies_;
      if (!value.is_error()) continue;
      ++errors_;
      std::fprintf(stderr, "%s\n", value.text.c_str());
    }
  }

  const int fd_;
  const int input_;
  const int timeout_s_;
  const std::string magic_;
  RespReader reader_;
  std::string out_;
  size_t sent_ = 0;
  bool input_ended_ = false;
  bool done_ = false;
  std::string failure_;
  long long errors_ = 0;
  long long replies_ = 0;
};

}  // namespace

int run_pipe(client::Client& client, int input, int timeout_s) {
  return Pipe(client, input, timeout_s).run();
}

}  // namespace rondo::cli
