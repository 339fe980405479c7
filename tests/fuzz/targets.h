// The fuzz targets: each takes any bytes and aborts by a CHECK when a property of protocol/ or of
// RESTORE does not hold for them. A fuzzer calls one of them for as long as it runs; test_corpus.cc
// calls all of them for the inputs kept in tests/fuzz/corpus/, in every build.
#pragma once

#include <string_view>

namespace rondo {

void fuzz_request_parser(std::string_view bytes);
void fuzz_resp_reader(std::string_view bytes);
void fuzz_glob_number(std::string_view bytes);
void fuzz_dump(std::string_view bytes);

}  // namespace rondo
