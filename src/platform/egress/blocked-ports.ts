/** The ports that browsers refuse, since what listens there is no web server: WHATWG's Fetch, "bad ports". */
const BAD_PORTS = [
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** Databases, queues and what runs machines: our own services among them. */
const SERVICE_PORTS = [
  445, // SMB
  1433, // SQL Server
  1521, // Oracle
  2181, // ZooKeeper
  2375, // Docker
  2376,
  2377,
  2379, // etcd
  2380,
  3306, // MySQL
  3389, // remote desktop
  4369, // Erlang
  5432, // Postgres
  5433,
  5671, // AMQP
  5672,
  5900, // VNC
  5984, // CouchDB
  6379, // Redis
  6380,
  6432, // PgBouncer
  6443, // Kubernetes
  7000, // Cassandra
  7001,
  8300, // Consul
  8500,
  9042, // Cassandra
  9092, // Kafka
  9200, // Elasticsearch
  9300,
  10250, // Kubernetes
  10255,
  11211, // memcached
  16379, // Redis
  26379,
  26257, // CockroachDB
  27017, // MongoDB
  27018,
];

const blocked = new Set([...BAD_PORTS, ...SERVICE_PORTS]);

/** Whether a port is one where no website is expected, but a service that nobody from outside should reach. */
export function isBlockedPort(port: number): boolean {
  return blocked.has(port);
}
