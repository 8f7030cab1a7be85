# Writes OUTPUT, a C++ file with the bytes of the FILES (of FOLDER, separated by commas).
# cmake -DOUTPUT=… -DFOLDER=… -DFILES=a,b -P embed.cmake
string(REPLACE "," ";" names "${FILES}")
set(arrays "")
set(rows "")
set(number 0)
foreach(name IN LISTS names)
  file(READ "${FOLDER}/${name}" hex HEX)
  string(LENGTH "${hex}" length)
  math(EXPR size "${length} / 2")
  # Sixteen bytes a line; a byte more than the file has, for none may be empty.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n    " bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char file_${number}[] = {\n    ${bytes}0};\n")
  string(APPEND rows "    PageFile{\"${name}\", text(file_${number})},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Written by embed.cmake.
#include <array>
#include <cstddef>

#include \"server/http/page.hpp\"

namespace pawl::server::http {
namespace {

${arrays}
template <std::size_t size>
std::string_view text(const unsigned char (&bytes)[size]) {
  return {reinterpret_cast<const char*>(bytes), size - 1};
}

}  // namespace

std::span<const PageFile> page_files() {
  static const std::array<PageFile, ${number}> files{{
${rows}  }};
  return files;
}

}  // namespace pawl::server::http
")
