EXTRA_DIST += %D%/ARCHITECTURE %D%/AUDIT %D%/BACKUP %D%/BENCHMARKS \
	%D%/DASHBOARD %D%/EDGE %D%/ENROLMENT %D%/HACKING %D%/MEMORY \
	%D%/PROTOCOL %D%/REMOTE %D%/RENEWAL %D%/REVOCATION %D%/STYLE %D%/THREADS \
	%D%/THREATS %D%/TRUST %D%/openapi.yaml \
	%D%/decisions/0001-licence \
	%D%/decisions/0002-build-system \
	%D%/decisions/0003-parse-below-tls \
	%D%/decisions/0004-readiness-loop \
	%D%/decisions/0005-tenant-table-by-index \
	%D%/decisions/0006-limits-in-atomics \
	%D%/decisions/0007-what-a-port-does-without-an-agent \
	%D%/decisions/0008-records-of-our-own \
	%D%/decisions/0009-one-session-many-connections \
	%D%/decisions/0010-turns-by-tenant \
	%D%/decisions/0011-epoll-not-io-uring \
	%D%/decisions/0012-lanes \
	%D%/decisions/0013-edge-build \
	%D%/decisions/0014-enrolment \
	%D%/decisions/0015-hot-upgrade \
	%D%/decisions/0016-revocation \
	%D%/decisions/0017-renewal \
	%D%/decisions/0018-dashboard-in-the-relay \
	%D%/decisions/0019-reload \
	%D%/decisions/0020-expose \
	%D%/decisions/0021-trust-bundles \
	%D%/decisions/0022-limits-per-source \
	%D%/decisions/0023-audit \
	%D%/decisions/0025-sandbox \
	%D%/decisions/0026-the-world-is-linked \
	%D%/decisions/0027-joining-without-waiting \
	%D%/decisions/0028-renewing-late \
	%D%/decisions/0029-vouchers \
	%D%/decisions/0030-answers-are-written \
	%D%/decisions/0031-operators-from-elsewhere \
	%D%/decisions/0032-monthly-quota \
	%D%/decisions/0033-backup \
	%D%/decisions/0034-what-an-upgrade-hands-over \
	%D%/decisions/0035-where-the-cas-key-is \
	%D%/decisions/0036-a-filter-of-our-own \
	%D%/decisions/0037-threads-that-step-aside

include %D%/man/local.mk
