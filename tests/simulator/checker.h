// Checker: decides whether a history can be explained by executing its operations one at a time,
// each at an instant between its question and its answer: strict serializability. After Elle
// (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", VLDB
// 2020): the versions of every key are put in order, which gives the dependencies between the
// operations; a cycle of them is a violation.
//
// Lists and counters have a full order of versions, so nothing that contradicts it is missed. For
// registers and queues the order is what follows from everything else, repeated until nothing new
// follows.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/simulator/history.h"

namespace rondo {

struct Verdict {
  bool valid = true;
  // Otherwise what it is: a cycle "G0" (writes only), "G1c" (writes and reads), "G-single" (one
  // read that was overwritten) or "G2" (several), with "-realtime" or "-session" when it needs
  // such an edge; or a sight that no order explains: "read of a failed write", "lost write", ...
  std::string anomaly;
  // For people: the anomaly, and the operations of the smallest cycle or those involved.
  std::string report;
  std::vector<size_t> operations;  // Places in the history.
};

Verdict check_history(const History& history);

}  // namespace rondo
