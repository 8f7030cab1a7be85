// SPDX-License-Identifier: Apache-2.0
#include "storage/posix_directory.hpp"

#include <sys/stat.h>

#include "storage/catch_result.hpp"
#include "storage/temporary_directory.hpp"

namespace pawl::storage {
namespace {

const std::vector<std::byte> some(700, std::byte{42});

}  // namespace

TEST_CASE("a file gives back what was written, and less only at its end") {
  const TemporaryDirectory temporary;
  const auto directory = std::move(*PosixDirectory::at(temporary.path()));
  const auto file = std::move(*directory->create("a"));

  REQUIRE(file->write_at(512, some));
  REQUIRE(file->sync());
  REQUIRE(directory->sync());

  std::vector<std::byte> read(1000);
  CHECK(*file->size() == 1212);
  CHECK(*file->read_at(512, read) == 700);
  CHECK(std::equal(some.begin(), some.end(), read.begin()));
  CHECK(*file->read_at(5000, read) == 0);
  CHECK(*directory->free_bytes() > 0);
}

TEST_CASE("files are for their owner alone, and can be named anew and deleted") {
  const TemporaryDirectory temporary;
  const auto directory = std::move(*PosixDirectory::at(temporary.path()));
  REQUIRE(directory->create("a"));

  REQUIRE(directory->rename("a", "b"));
  CHECK(*directory->list() == std::vector<std::string>{"b"});
  struct stat status {};
  REQUIRE(::stat((temporary.path() / "b").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(directory->remove("b"));
  CHECK(directory->list()->empty());
}

TEST_CASE("a failure says what, where and why") {
  const TemporaryDirectory temporary;
  const auto directory = std::move(*PosixDirectory::at(temporary.path()));

  const auto opened = directory->open("none");

  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == FailureKind::missing);
  CHECK(opened.error().message ==
        "cannot open " + (temporary.path() / "none").string() + ": No such file or directory");
}

TEST_CASE("a directory that vanished or was replaced is noticed") {
  const TemporaryDirectory temporary;
  const std::filesystem::path path = temporary.path() / "data";
  std::filesystem::create_directory(path);
  const auto directory = std::move(*PosixDirectory::at(path));
  REQUIRE(directory->check());

  std::filesystem::rename(path, temporary.path() / "moved");
  CHECK(directory->check().error().kind == FailureKind::missing);

  std::filesystem::create_directory(path);
  CHECK(directory->check().error().kind == FailureKind::missing);
}

}  // namespace pawl::storage
