# SPDX-License-Identifier: Apache-2.0
"""Who may do what on servers that ask: their users and certificates, and what a client of a case is
given to be one of them."""

import hashlib
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
OLD, NEW = "a-secret-of-ci", "a-new-secret-of-ci"
OPERATORS = "a-secret-of-the-operator"
PRIVATE = "private"  # begins the names of locks that only the operator may have


class Guard:
    """Its certificates stand in `directory`."""

    def __init__(self, directory):
        self._directory, self.secrets_of_ci = directory, [OLD]
        directory.mkdir()
        subprocess.run([HERE / "certificates.sh", directory], check=True)

    def configuration(self):
        """The locks of cases begin with c."""
        users = ", ".join(
            f"{{name: {user}, secret_sha256: [{digests_of(secrets)}], roles: [{user}]}}"
            for user, secrets in (("ci", self.secrets_of_ci), ("operator", [OPERATORS])))
        return (f"security:\n  users: [{users}]\n"
                '  roles: [{name: ci, lock: [c], observe: [c]}, {name: operator, admin: [""]}]\n'
                f"tls:\n  certificate: {self._file('here.pem')}\n  key: {self._file('here.key')}\n"
                f"  ca: {self._file('ca.pem')}\n"
                "  clients: both\n  client_certificates: optional\n  peers: off\n  http: off\n")

    def greeting(self):
        """What run.py says first on its own connections."""
        return f"AUTH operator {OPERATORS}\n"

    def questions(self):
        """What is asked, and whether it is granted, by servers that go by this configuration."""
        return [(f"AUTH ci {secret}", secret in self.secrets_of_ci) for secret in (OLD, NEW)]

    def options_of(self, words):
        """What a runner is told for `ci secret=wrong`, or `ci ca=ca name=host by=certificate`."""
        options = dict(word.split("=") for word in words[1:])
        secret = options.pop("secret", "old")
        told = {"user": words[0], "secret": {"old": OLD, "new": NEW}.get(secret, secret)}
        if options.pop("by", "") == "certificate":
            told = {"cert": self._file("client.pem"), "key": self._file("client.key")}
        if "ca" in options:
            told["ca"] = self._file(f"{options.pop('ca')}.pem")
        return " ".join(f"{key}={value}" for key, value in {**told, **options}.items())

    def _file(self, name):
        return self._directory / name


def digests_of(secrets):
    return ", ".join(hashlib.sha256(secret.encode()).hexdigest() for secret in secrets)
