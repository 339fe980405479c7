#include "tests/tcp/exchange.h"

#include <algorithm>

#include "protocol/resp_reader.h"
#include "tests/testing.h"

namespace rondo {

using client::Client;

std::string encode_words(const std::vector<std::string>& words) {
  std::string bytes;
  client::append_command(bytes, words);
  return bytes;
}

std::string encode(std::string_view words) {
  std::vector<std::string> list(1);
  for (const char c : words) {
    if (c == ' ') {
      list.emplace_back();
    } else {
      list.back() += c;
    }
  }
  return encode_words(list);
}

std::string shown(std::string_view reply) {
  std::string text;
  for (size_t i = 0; i < reply.size(); ++i) {
    const bool line_end = reply.substr(i, 2) == "\r\n";
    text += line_end ? ' ' : reply[i];
    if (line_end) ++i;
  }
  if (!text.empty()) text.pop_back();
  return text;
}

void send_all(Client& client, std::string_view bytes) {
  const Status sent = client.send(bytes);
  if (sent || sent.failure().code == ECONNRESET || sent.failure().code == EPIPE) return;
  FAIL(sent.failure().text);
}

std::string read_bytes(Client& client, size_t bytes) {
  std::string all;
  while (all.size() < bytes) {
    Result<std::string> part = client.receive();
    if (!part) FAIL(part.failure().text << " after " << all.size() << " of " << bytes);
    if (part->empty()) FAIL("closed after " << all.size() << " bytes of " << bytes);
    all += *part;
  }
  REQUIRE(all.size() == bytes);
  return all;
}

std::string read_to_end(Client& client) {
  std::string all;
  while (true) {
    Result<std::string> part = client.receive();
    if (!part && part.failure().code == ECONNRESET) return all;
    if (!part) FAIL(part.failure().text << " after " << all.size() << " bytes");
    if (part->empty()) return all;
    all += *part;
  }
}

std::string read_reply(Client& client) {
  RespReader reader;
  std::string bytes;
  RespValue value;
  while (reader.next(value) == RespReader::Status::kNeedMore) {
    Result<std::string> part = client.receive();
    if (!part) FAIL(part.failure().text << " after " << bytes.size() << " bytes");
    if (part->empty()) FAIL("the server closed the connection after '" << shown(bytes) << "'");
    reader.feed(*part);
    bytes += *part;
  }
  REQUIRE_MESSAGE(reader.error_text().empty(), reader.error_text());
  REQUIRE_MESSAGE(reader.pending_bytes() == 0, shown(bytes));
  return bytes;
}

std::string run_words(Client& client, const std::vector<std::string>& words) {
  send_all(client, encode_words(words));
  return read_reply(client);
}

std::string run(Client& client, std::string_view words) {
  send_all(client, encode(words));
  return shown(read_reply(client));
}

std::string info_field(Client& client, std::string_view section, std::string_view name) {
  const std::string text = run_words(client, {"INFO", std::string(section)});
  const std::string label = "\n" + std::string(name) + ":";
  const size_t at = text.find(label);
  REQUIRE_MESSAGE(at != std::string::npos, name, " is not in ", text);
  const size_t from = at + label.size();
  return text.substr(from, text.find('\r', from) - from);
}

}  // namespace rondo
