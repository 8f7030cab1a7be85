// SPDX-License-Identifier: Apache-2.0
#include "journal/verdict.hpp"

#include "base/overloaded.hpp"

namespace pawl::journal {
namespace {

template <class Loss>
std::string describe_loss(const char* word, const Loss& loss) {
  std::string text = std::string(word) + " at offset " + std::to_string(loss.offset) + ": " +
                     to_string(loss.flaw) + "; records from index " +
                     std::to_string(loss.first.value);
  text += loss.last == LogIndex{} ? " on" : " to " + std::to_string(loss.last.value);
  return text;
}

}  // namespace

const char* to_string(Flaw flaw) {
  switch (flaw) {
    case Flaw::segment_missing: return "a segment file is missing";
    case Flaw::segment_header: return "the segment header is not valid";
    case Flaw::batch_header: return "a batch header is not valid";
    case Flaw::batch_body: return "the checksum of a batch is wrong";
    case Flaw::batch_records: return "a batch holds malformed records";
    case Flaw::unreadable: return "the disk reports a read error";
    case Flaw::sequence: return "a batch is missing";
    case Flaw::chain: return "a batch does not follow the one before it";
    case Flaw::index_gap: return "there is a gap in the record indices";
    case Flaw::epoch: return "the epoch of a batch is out of order";
    case Flaw::ends_early: return "the log ends before what was known to be on disk";
  }
  return "";
}

std::string describe(const Verdict& verdict) {
  return std::visit(
      Overloaded{[](const Clean&) { return std::string("clean"); },
                 [](const Torn& torn) {
                   return "torn at offset " + std::to_string(torn.offset) +
                          ": a last write that never completed";
                 },
                 [](const Damaged& damaged) { return describe_loss("damaged", damaged); },
                 [](const Suspect& suspect) { return describe_loss("suspect", suspect); },
                 [](const NewerFormat& newer) {
                   return "written in format " + std::to_string(newer.version) +
                          ", which is newer than this program";
                 }},
      verdict);
}

}  // namespace pawl::journal
