// CONFIG REWRITE: the configuration file with the current values. Comments, order and unknown lines
// stay; lines of options that changed are replaced where they stand; changed options that the file
// does not have are appended. The file is replaced at once or not at all.
#pragma once

#include <string>
#include <string_view>

#include "reactor/base/result.h"
#include "server/config.h"

namespace rondo {

// The new text for a file that holds `old_text`.
std::string rewritten_config(const Config& config, std::string_view old_text);

// Does it to Config::config_file: a temporary file beside it, fsync, rename. REQUIRES: it is set.
Status rewrite_config_file(const Config& config);

}  // namespace rondo
