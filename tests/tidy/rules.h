// The rules of the house, as code. Each takes the tree and returns what breaks the rule, so that
// the same function runs over the repository and over bad snippets that it has to catch.
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/tree.h"

namespace rondo::tidy {

struct Violation {
  std::string path;
  size_t line = 0;  // From 1; 0 when the file as a whole is meant.
  std::string reason;
};
using Violations = std::vector<Violation>;

// Text: at most 100 columns (but for rows of Markdown tables), no tab, no blank at a line's end, a
// newline at the end of the file, snake_case file names, and no to-do mark without an owner in
// parentheses.
Violations check_text(const Tree& tree);

// Includes: rooted, existing, and in the direction base <- protocol <- shard <- server -> reactor;
// liburing only in reactor/, sockets and threads never in protocol/ and shard/.
Violations check_includes(const Tree& tree);

// Names that have a better one here, each with its replacement.
Violations check_banned_names(const Tree& tree);

// Headers: begin with the contract as a comment, then #pragma once, and no `using namespace`.
Violations check_headers(const Tree& tree);

// Headers that no source includes before anything else. Those that one does compile alone, as the
// build shows; these have to be compiled for it.
std::vector<std::string> headers_to_compile(const Tree& tree);

// Every C++ source is named by a meson.build of its folder or of one above it.
Violations check_in_build(const Tree& tree);

// Every source of a room has a test: tests/<room>/**/test_<stem>.cc, or any other test whose
// comments name the source by its path, or a line with a reason in tests/tidy/untested.txt:
// `path: why`. A line that is no longer needed is a violation too.
Violations check_tested(const Tree& tree);

// Every path that a README or a comment names exists.
Violations check_named_paths(const Tree& tree);

// Files of at most 400 lines and functions of at most 70, except those in tests/tidy/ratchet.txt:
// `path lines`, `path:function lines` or `path:"test case" lines`. An entry has to be needed and at
// most 10 lines above what is there, and no file ever has more than 800 lines.
Violations check_lengths(const Tree& tree);

}  // namespace rondo::tidy
