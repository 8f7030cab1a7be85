// SPDX-License-Identifier: Apache-2.0
#include "pawl/error_code.hpp"

#include <string>

namespace pawl {
namespace {

// 0 is no error, in every category.
constexpr int first_of_server = 1;
constexpr int first_of_client = 101;

const char* meaning(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_request: return "the request is malformed or out of range";
    case ErrorCode::unknown_command: return "the server does not know the request";
    case ErrorCode::too_long: return "the request is too long";
    case ErrorCode::mismatch: return "the lock is in use with another mode or number of slots";
    case ErrorCode::busy: return "others hold the lock";
    case ErrorCode::timeout: return "others held the lock for the whole wait";
    case ErrorCode::cancelled: return "the server ended the wait";
    case ErrorCode::not_held: return "a part of the lock is lost";
    case ErrorCode::no_session: return "the connection has no session";
    case ErrorCode::session_expired: return "the session is over";
    case ErrorCode::deadlock: return "the wait would never end";
    case ErrorCode::limit: return "a limit of the server is reached";
    case ErrorCode::disk_full: return "the disk of the server is full";
    case ErrorCode::shutting_down: return "the server is shutting down";
    case ErrorCode::not_primary: return "the server is not the primary";
    case ErrorCode::no_quorum: return "the server cannot reach a majority";
    case ErrorCode::unauthenticated: return "the server wants to know who asks";
    case ErrorCode::forbidden: return "not allowed";
    case ErrorCode::internal: return "a defect";
  }
  return "a defect";
}

// No one deletes a category by its base, whose destructor is not virtual.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class Category final : public boost::system::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "pawl"; }

  [[nodiscard]] std::string message(int value) const override {
    if (value == first_of_client) return "UNREACHABLE: no server said yes or no in time";
    if (value == first_of_client + 1) return "LOST: the lock was held, and is not any more";
    const auto code = static_cast<ErrorCode>(value - first_of_server);
    return std::string(to_string(code)) + ": " + meaning(code);
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

boost::system::error_code make_error_code(ErrorCode code) noexcept {
  return {first_of_server + static_cast<int>(code), error_category()};
}

boost::system::error_code make_error_code(ClientError code) noexcept {
  return {first_of_client + static_cast<int>(code), error_category()};
}

}  // namespace pawl
