// SPDX-License-Identifier: Apache-2.0
#include "storage/data_directory.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "storage/catch_result.hpp"
#include "storage/temporary_directory.hpp"

namespace pawl::storage {
namespace {

// Runs in a child process, which is killed when this goes.
class Holder {
 public:
  explicit Holder(const std::filesystem::path& path) {
    int pipe[2] = {-1, -1};
    ensure(::pipe(pipe) == 0);
    process_ = ::fork();
    ensure(process_ >= 0);
    if (process_ == 0) {
      const auto held = DataDirectory::open(path);
      const char answer = held ? 'y' : 'n';
      if (::write(pipe[1], &answer, 1) != 1) ::_exit(1);
      ::pause();
      ::_exit(0);
    }
    char answer = 'n';
    ensure(::read(pipe[0], &answer, 1) == 1 && answer == 'y');
    ::close(pipe[0]);
    ::close(pipe[1]);
  }
  ~Holder() { end(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  void end() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  [[nodiscard]] pid_t process() const { return process_; }

 private:
  pid_t process_ = -1;
};

}  // namespace

TEST_CASE("a data directory is created for its owner alone") {
  const TemporaryDirectory temporary;
  const auto path = temporary.path() / "data";

  REQUIRE(DataDirectory::open(path));

  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("a second process is refused, and told which one holds the directory") {
  const TemporaryDirectory temporary;
  Holder holder(temporary.path());

  const auto refused = DataDirectory::open(temporary.path());

  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == FailureKind::held);
  CHECK(refused.error().message ==
        temporary.path().string() + " is in use by process " + std::to_string(holder.process()));
  holder.end();
  CHECK(DataDirectory::open(temporary.path()));
}

TEST_CASE("a directory that others may write to is refused, with the command that helps") {
  const TemporaryDirectory temporary;
  REQUIRE(::chmod(temporary.path().c_str(), GENERATE(0770U, 0702U)) == 0);

  const auto refused = DataDirectory::open(temporary.path());

  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == FailureKind::permissions);
  CHECK(refused.error().message.find("chmod 700") != std::string::npos);
}

TEST_CASE("a directory whose parent is missing, or a file in its place, is refused") {
  const TemporaryDirectory temporary;
  CHECK(DataDirectory::open(temporary.path() / "no" / "data").error().kind == FailureKind::missing);
  REQUIRE(DataDirectory::open(temporary.path()));
  CHECK(DataDirectory::open(temporary.path() / "LOCK").error().kind == FailureKind::missing);
}

}  // namespace pawl::storage
