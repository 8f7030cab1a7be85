# SPDX-License-Identifier: Apache-2.0
"""etcd among the peers. It brings a load of its own, a Go program, because what people use is the
Mutex of its client; so it is started and stopped within each measurement."""

from rounds import with_rates
from servers import NotMeasured

try:
    import etcd_cluster
except ImportError:
    etcd_cluster = None

LEAST_SECONDS = 2
CLIENTS = 64


class Etcd:
    dialect = "etcd"

    def __init__(self, nodes):
        self._nodes = nodes

    def __enter__(self):
        if etcd_cluster is None:
            raise NotMeasured("tests/bench/etcd_cluster.py is not there")
        return self

    def __exit__(self, *_):
        pass

    def load(self, workload, plan):
        measure = {"pair": etcd_cluster.measure_pairs, "handover": etcd_cluster.measure_handover}
        return with_rates(
            measure[workload](self._nodes, CLIENTS, max(plan.seconds, LEAST_SECONDS)))
