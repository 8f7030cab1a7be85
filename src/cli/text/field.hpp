// SPDX-License-Identifier: Apache-2.0
//
// Fields of the server's JSON. What is missing, null or of another kind reads as nothing.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace pawl::cli {

using Json = nlohmann::ordered_json;  // the server's order of keys is kept

namespace field {

[[nodiscard]] std::string text(const Json& from, const char* key);
[[nodiscard]] std::optional<std::int64_t> number(const Json& from, const char* key);
[[nodiscard]] const Json& list(const Json& from, const char* key);

// For people; - where there is none.
[[nodiscard]] std::string number_text(const Json& from, const char* key);
[[nodiscard]] std::string span_text(const Json& from, const char* key);

}  // namespace field
}  // namespace pawl::cli
