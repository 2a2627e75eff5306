EXTRA_DIST += %D%/debian/changelog %D%/debian/control %D%/debian/copyright \
	%D%/debian/rules %D%/debian/source/format %D%/debian/atlax.install \
	%D%/debian/atlax-agent.dirs %D%/debian/atlax-agent.install \
	%D%/debian/atlax-agent.postinst %D%/debian/atlax-relay.postinst \
	%D%/debian/atlax.postinst \
	%D%/debian/atlax-relay.dirs %D%/debian/atlax-relay.install
EXTRA_DIST += %D%/fail2ban/atlax-relay.conf
EXTRA_DIST += %D%/monitoring/alerts.yml %D%/monitoring/grafana.json
EXTRA_DIST += %D%/README %D%/packages %D%/demo.sh %D%/processes.sh \
	%D%/build.sh %D%/sources %D%/musl.patch %D%/wolfssl.patch
# For other ways to run a service; not installed.
EXTRA_DIST += %D%/openrc/atlax-agent %D%/openrc/atlax-relay \
	%D%/openrc/atlax-signer %D%/openwrt/README %D%/openwrt/atlax-agent.init \
	%D%/docker/Dockerfile %D%/docker/README
dist_noinst_SCRIPTS += %D%/deb.sh %D%/edge.sh %D%/wolfssl-hardened.sh
# What sends signals for processes.sh.
noinst_PROGRAMS += %D%/signal-child
%C%_signal_child_SOURCES = %D%/signal-child.c
%C%_signal_child_LDADD =
# The service behind the demo's tunnel.
noinst_PROGRAMS += %D%/demo/page
%C%_demo_page_SOURCES = %D%/demo/page.c

include %D%/systemd/local.mk
