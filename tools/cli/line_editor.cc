#include "tools/cli/line_editor.h"

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace rondo::cli {
namespace {

constexpr int kHistoryLinesMax = 1000;
constexpr wchar_t kTab = L'\t';

// A line of a file or a pipe; the bytes may be anything.
std::optional<std::string> read_plain_line() {
  std::string line;
  int c = std::getchar();
  if (c == EOF) return std::nullopt;
  for (; c != EOF && c != '\n'; c = std::getchar())
    line += static_cast<char>(c);
  return line;
}

std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words[0];
  for (const std::string& word : words) {
    const auto ends = std::mismatch(common.begin(), common.end(), word.begin(), word.end());
    common.erase(ends.first, common.end());
  }
  return common;
}

}  // namespace

struct LineEditor::Terminal {
  EditLine* edit = nullptr;
  History* history = nullptr;
  std::string prompt;
  Completer completer;

  static char* give_prompt(EditLine* edit) {
    void* self = nullptr;
    el_get(edit, EL_CLIENTDATA, &self);
    return static_cast<Terminal*>(self)->prompt.data();
  }

  // TAB: completes what is typed as far as it is clear, and otherwise lists the choices, or tells
  // which arguments the command takes.
  static unsigned char complete(EditLine* edit, int) {
    void* pointer = nullptr;
    el_get(edit, EL_CLIENTDATA, &pointer);
    auto* self = static_cast<Terminal*>(pointer);
    const LineInfo* line = el_line(edit);
    const std::string_view typed(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
    const Completion completion = self->completer(typed);
    const std::vector<std::string>& words = completion.words;
    if (words.empty()) {
      if (completion.hint.empty()) return CC_REFRESH_BEEP;
      std::printf("\n%s\n", completion.hint.c_str());
      return CC_REDISPLAY;
    }
    const std::string common = common_beginning(words);
    if (common.size() > typed.size() || words.size() == 1) {
      el_deletestr(edit, static_cast<int>(typed.size()));
      el_insertstr(edit, (words.size() == 1 ? common + ' ' : common).c_str());
      return CC_REFRESH;
    }
    std::puts("");
    for (const std::string& word : words)
      std::printf("%s  ", word.c_str());
    std::puts("");
    return CC_REDISPLAY;
  }
};

LineEditor::LineEditor(std::string history_path, Completer completer)
    : interactive_(::isatty(STDIN_FILENO) != 0), history_path_(std::move(history_path)) {
  if (!interactive_) return;
  terminal_ = std::make_unique<Terminal>();
  terminal_->completer = std::move(completer);
  terminal_->history = ::history_init();
  terminal_->edit = el_init("rondo-cli", stdin, stdout, stderr);
  HistEvent event;
  ::history(terminal_->history, &event, H_SETSIZE, kHistoryLinesMax);
  ::history(terminal_->history, &event, H_SETUNIQUE, 1);
  if (!history_path_.empty()) {
    ::history(terminal_->history, &event, H_LOAD, history_path_.c_str());
  }
  EditLine* edit = terminal_->edit;
  el_set(edit, EL_CLIENTDATA, terminal_.get());
  el_set(edit, EL_PROMPT, &Terminal::give_prompt);
  el_set(edit, EL_EDITOR, "emacs");
  el_set(edit, EL_SIGNAL, 1);  // Leaves the terminal as it was when a signal ends the program.
  el_set(edit, EL_HIST, ::history, terminal_->history);
  el_set(edit, EL_ADDFN, "rondo-complete", "complete a command", &Terminal::complete);
  const char tab[] = {static_cast<char>(kTab), '\0'};
  el_set(edit, EL_BIND, tab, "rondo-complete", nullptr);
  el_set(edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_source(edit, nullptr);
}

LineEditor::~LineEditor() {
  if (!terminal_) return;
  el_end(terminal_->edit);
  ::history_end(terminal_->history);
}

std::optional<std::string> LineEditor::read_line(const std::string& prompt) {
  if (!interactive_) return read_plain_line();
  terminal_->prompt = prompt;
  int count = 0;
  const char* text = el_gets(terminal_->edit, &count);
  if (!text || count <= 0) return std::nullopt;
  std::string line(text, static_cast<size_t>(count));
  while (line.ends_with('\n') || line.ends_with('\r'))
    line.pop_back();
  return line;
}

void LineEditor::remember(const std::string& line) {
  if (!interactive_) return;
  HistEvent event;
  ::history(terminal_->history, &event, H_ENTER, line.c_str());
  if (history_path_.empty()) return;
  const mode_t mask = ::umask(0177);  // Values may be private: the file is the user's own.
  ::history(terminal_->history, &event, H_SAVE, history_path_.c_str());
  ::umask(mask);
}

}  // namespace rondo::cli
