// SPDX-License-Identifier: Apache-2.0
//
// Projects outside of this tree build against what is installed, or take the tree in; and what they
// count under a lock of three nodes is counted right, though the primary is killed meanwhile.
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "system/process.hpp"
#include "system/temporary_directory.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t processes = 10;
constexpr std::uint64_t times = 40;  // each

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// Pawl as it is installed, with a room for projects beside it.
class Installed {
 public:
  Installed() {
    run(std::string(CMAKE) + " --install " + PAWL_BUILD_DIR + " --prefix " + prefix() +
        " --component library");
  }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path(name); }
  [[nodiscard]] std::string prefix() const { return path("prefix"); }

  void run(const std::string& command) const {
    const std::string log = path("log");
    const int result = std::system((command + " >" + log + " 2>&1").c_str());
    INFO(command << "\n" << text_of(log));
    REQUIRE(result == 0);
  }
  void configure(const std::string& source, const std::string& build,
                 const std::string& more = "") const {
    run(std::string(CMAKE) + " -G Ninja -S " + source + " -B " + build +
        " -DCMAKE_CXX_COMPILER=" + CXX_COMPILER + " '-DCMAKE_CXX_FLAGS=" + CXX_FLAGS + "' " +
        "-DCMAKE_CXX_COMPILER_LAUNCHER=" + COMPILER_LAUNCHER + " " + more);
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
  }

 private:
  TemporaryDirectory directory_;
};

std::uint64_t counted(const fs::path& file) {
  std::uint64_t token = 0;
  std::uint64_t count = 0;
  std::ifstream(file) >> token >> count;
  return count;
}

TEST_CASE("ten processes count in a file while the primary is killed, and lose no count") {
  const Installed pawl;
  fs::copy(std::string(PAWL_SOURCE_DIR) + "/src/client/examples", pawl.path("project"));
  pawl.configure(pawl.path("project"), pawl.path("build"), "-DCMAKE_PREFIX_PATH=" + pawl.prefix());
  pawl.run(std::string(CMAKE) + " --build " + pawl.path("build"));

  Cluster cluster;
  const std::size_t primary = cluster.await_primary();
  const std::string file = pawl.path("count");
  std::vector<std::unique_ptr<Process>> counters;
  for (std::size_t i = 0; i < processes; ++i) {
    counters.push_back(std::make_unique<Process>(std::vector<std::string>{
        pawl.path("build/counter"), cluster.servers(), file, std::to_string(times)}));
  }
  Cluster::await([&] { return counted(file) >= processes * times / 3; }, "a third is counted");
  cluster.kill(primary);
  CHECK(counted(file) < processes * times);
  for (const auto& counter : counters) {
    const int exit_code = counter->wait();
    INFO(counter->output());
    CHECK(exit_code == 0);
  }
  CHECK(counted(file) == processes * times);
  CHECK(cluster.await_primary(primary) != primary);
}

TEST_CASE("pkg-config tells how to build, with what TLS needs") {
  const Installed pawl;
  pawl.write("main.cpp",
             "#include <pawl/mutex.hpp>\n"
             "int main() {\n"
             "  const pawl::Connection connection({.servers = \"127.0.0.1:1\", .tls = "
             "pawl::TlsOptions{}});\n"
             "  return pawl::error_category().name()[0] == 'p' ? 0 : 1;\n"
             "}\n");
  const std::string package_path = pawl.prefix() + "/" LIBRARY_DIR "/pkgconfig";
  pawl.run("PKG_CONFIG_PATH=" + package_path + " sh -c '" + CXX_COMPILER + " " + CXX_FLAGS +
           " -std=c++20 -o " + pawl.path("main") + " " + pawl.path("main.cpp") +
           " $(pkg-config --cflags --libs pawl)' && " + pawl.path("main"));
}

TEST_CASE("add_subdirectory brings the library in, and neither the server nor the tests") {
  const Installed pawl;
  pawl.write("project/CMakeLists.txt",
             "cmake_minimum_required(VERSION 3.25)\n"
             "project(outside LANGUAGES CXX)\n"
             "add_subdirectory(" PAWL_SOURCE_DIR
             " pawl)\n"
             "add_executable(main main.cpp)\n"
             "target_link_libraries(main PRIVATE pawl::client)\n"
             "if(TARGET pawld OR TARGET client_tests)\n"
             "  message(FATAL_ERROR \"more than was asked for\")\n"
             "endif()\n");
  pawl.write("project/main.cpp", "#include <pawl/client.hpp>\nint main() {}\n");
  pawl.configure(pawl.path("project"), pawl.path("build"));
}

}  // namespace
}  // namespace pawl::testing
