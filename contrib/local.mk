EXTRA_DIST += %D%/README %D%/packages %D%/demo.sh
# The service behind the demo's tunnel.
noinst_PROGRAMS += %D%/demo/page
%C%_demo_page_SOURCES = %D%/demo/page.c

include %D%/systemd/local.mk
