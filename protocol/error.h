// Error: a client's mistake, as a value. Command code returns it and never writes it; the
// dispatcher writes it, counts it and logs it. The text begins with the code ("ERR ...",
// "WRONGTYPE ...") and has neither the leading '-' nor the line end.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rondo {

class [[nodiscard]] Error {
 public:
  Error() = default;  // No error.
  // A text with static lifetime, usually one of protocol/errors.h.
  Error(const char* text) : text_(text) {}  // NOLINT: implicit so that `return errors::kX` reads.
  // A text made for this one error.
  explicit Error(std::string text)
      : owned_(std::make_unique<std::string>(std::move(text))), text_(owned_->c_str()) {}

  explicit operator bool() const { return text_ != nullptr; }
  std::string_view text() const { return text_ ? std::string_view(text_) : std::string_view(); }
  // The first word: "ERR", "WRONGTYPE", ... for errorstats.
  std::string_view code() const { return text().substr(0, text().find(' ')); }

 private:
  std::unique_ptr<std::string> owned_;
  const char* text_ = nullptr;
};

}  // namespace rondo
