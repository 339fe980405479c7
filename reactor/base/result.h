// Result<T>: a value, or a Failure of the environment (a system call, a file, an option) with one
// line of text for the operator. A client's mistake is a protocol Error instead, and a mistake of
// this program is a failed CHECK.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

#include "reactor/base/check.h"

namespace rondo {

struct Failure {
  std::string text;  // One line, no full stop, names the thing that failed.
  int code = 0;      // An errno value, or 0.

  // "text: strerror(code)".
  static Failure from_errno(std::string text, int code) {
    text += ": ";
    text += std::strerror(code);
    return Failure{std::move(text), code};
  }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}            // NOLINT: implicit by design.
  Result(Failure failure) : state_(std::move(failure)) {}  // NOLINT: implicit by design.

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  T& value() {
    CHECK(*this);
    return std::get<T>(state_);
  }
  const T& value() const {
    CHECK(*this);
    return std::get<T>(state_);
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  const Failure& failure() const {
    CHECK(!*this);
    return std::get<Failure>(state_);
  }

 private:
  std::variant<T, Failure> state_;
};

// A Result without a value.
struct Done {};
using Status = Result<Done>;

}  // namespace rondo
