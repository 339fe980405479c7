// Requests and replies as bytes over a blocking connection: what a server said exactly, and short
// forms of it for tests. A connection that fails or is silent for too long fails the test.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/client.h"

namespace rondo {

// The bytes of one request: encode("SET k v"), words between single spaces.
std::string encode(std::string_view words);
std::string encode_words(const std::vector<std::string>& words);

// A reply's bytes with a space for each CRLF and the last one dropped: "$1 v".
std::string shown(std::string_view reply);

// Sends raw bytes; a server that closes meanwhile is not a failure here.
void send_all(client::Client& client, std::string_view bytes);

// Reads exactly so many bytes.
std::string read_bytes(client::Client& client, size_t bytes);
// Reads everything until the server closes the connection.
std::string read_to_end(client::Client& client);
// Reads one whole reply, and requires that nothing follows it.
std::string read_reply(client::Client& client);

// Sends one command and returns the bytes of its reply.
std::string run_words(client::Client& client, const std::vector<std::string>& words);
// The same in short: run(client, "GET k") is "$1 v".
std::string run(client::Client& client, std::string_view words);

// The value of a field "name:value" of INFO.
std::string info_field(client::Client& client, std::string_view section, std::string_view name);

}  // namespace rondo
