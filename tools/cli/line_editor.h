// LineEditor: one line at a time from the user, with editing and history at a terminal (libedit),
// and as it comes from a file or a pipe. One instance, one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::cli {

// What TAB offers for a beginning: words, in the order in which they are shown, or when there are
// none, a line about what may follow.
struct Completion {
  std::vector<std::string> words;
  std::string hint;
};
using Completer = std::function<Completion(std::string_view beginning)>;

class LineEditor {
 public:
  // `history_path` may be empty: then nothing is kept.
  LineEditor(std::string history_path, Completer completer);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // True when a person is typing.
  bool is_interactive() const { return interactive_; }

  // The next line without its end, or nothing at the end of the input.
  std::optional<std::string> read_line(const std::string& prompt);
  // Keeps a line in the history and in its file.
  void remember(const std::string& line);

 private:
  struct Terminal;

  bool interactive_;
  std::string history_path_;
  std::unique_ptr<Terminal> terminal_;
};

}  // namespace rondo::cli
