// --pipe: raw protocol from standard input to the server, as fast as both can, while the replies
// are counted. How it knows the end: after the input it sends ECHO with random bytes and waits for
// exactly these.
#pragma once

#include "tools/client/client.h"

namespace rondo::cli {

// Copies `input` to the server and prints the counts. Returns the exit code: 0 when no reply was
// an error and the last one came. `timeout_s`: how long the last replies may take to begin once
// all is sent; 0 for ever.
int run_pipe(client::Client& client, int input, int timeout_s);

}  // namespace rondo::cli
