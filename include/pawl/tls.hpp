// SPDX-License-Identifier: Apache-2.0
//
// How a client protects its connections. The server's certificate is always verified, and that it
// names the server that was asked for; there is no way not to.
#pragma once

#include <string>

namespace pawl {

// Paths of PEM files, which are read again for each new connection.
struct TlsOptions {
  std::string ca = {};           // whom to trust; empty: whom the system trusts
  std::string certificate = {};  // of this client, its chain behind it: may say who the user is
  std::string key = {};          // of the certificate; without a passphrase
  std::string server_name = {};  // the name of every server; empty: the host of its address
};

}  // namespace pawl
