# Everything but the mains is a library, so that tests can link it. What every
# main may use is one of its own: the daemons have no use for JSON and HTTP.
noinst_LIBRARIES += %D%/libmain.a
%C%_libmain_a_SOURCES = %D%/human.c %D%/human.h %D%/options.c \
	%D%/options.h

sbin_PROGRAMS += %D%/atlax-agent
%C%_atlax_agent_SOURCES = %D%/agent_main.c
%C%_atlax_agent_LDADD = $(AGENT_LIBS) $(AGENT_EXTERNAL)

if !AGENT_ONLY
noinst_LIBRARIES += %D%/libcmd.a
%C%_libcmd_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
%C%_libcmd_a_SOURCES = \
	%D%/agent_socket.c %D%/agent_socket.h %D%/agent_status.c \
	%D%/archive.c %D%/archive.h %D%/archive_impl.h %D%/archive_read.c \
	%D%/ask.c \
	%D%/ask.h \
	%D%/cmd.h \
	%D%/cmd_audit.c \
	%D%/cmd_backup.c \
	%D%/cmd_cert.c \
	%D%/cmd_completion.c \
	%D%/cmd_dashboard.c \
	%D%/cmd_doctor.c \
	%D%/cmd_enrol.c \
	%D%/cmd_expose.c \
	%D%/cmd_join.c \
	%D%/cmd_logs.c \
	%D%/cmd_ls.c \
	%D%/cmd_pki.c %D%/cmd_pki_rotate.c %D%/cmd_pki_rotate.h \
	%D%/cmd_relay_drain.c \
	%D%/cmd_relay_up.c \
	%D%/cmd_relay_upgrade.c \
	%D%/cmd_reload.c \
	%D%/cmd_revoke.c \
	%D%/cmd_signer.c \
	%D%/cmd_status.c \
	%D%/cmd_streams.c \
	%D%/cmd_top.c \
	%D%/cmd_voucher.c \
	%D%/completion.h \
	%D%/descriptors.c %D%/descriptors.h \
	%D%/doc.h \
	%D%/enrol_client.c %D%/enrol_client.h \
	%D%/health.c \
	%D%/health.h \
	%D%/ls_text.c \
	%D%/ls_text.h \
	%D%/newer.c %D%/newer.h \
	%D%/place.c \
	%D%/place.h \
	%D%/probe.c \
	%D%/probe.h \
	%D%/program.c \
	%D%/program.h \
	%D%/remote.c \
	%D%/remote.h \
	%D%/status_text.c \
	%D%/status_text.h \
	%D%/table.c \
	%D%/table.h \
	%D%/top_text.c \
	%D%/top_text.h \
	%D%/tree.c %D%/tree.h \
	%D%/ustar.c %D%/ustar.h

# What shells read: a part of the program, and installed where they look.
nodist_%C%_libcmd_a_SOURCES = %D%/completion_texts.c
COMPLETIONS = %D%/completion/atlax.bash %D%/completion/_atlax \
	%D%/completion/atlax.fish
%D%/completion_texts.c: %D%/completion/embed.sh $(COMPLETIONS)
	$(AM_V_GEN)$(MKDIR_P) %D% && $(SHELL) $(srcdir)/%D%/completion/embed.sh \
		$(srcdir)/%D%/completion >$@.new && mv $@.new $@
CLEANFILES += %D%/completion_texts.c
EXTRA_DIST += %D%/completion/embed.sh $(COMPLETIONS)
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_zshcomp_DATA = %D%/completion/_atlax
dist_fishcomp_DATA = %D%/completion/atlax.fish
# bash looks for a file of the command's name.
nodist_bashcomp_DATA = %D%/completion/atlax %D%/completion/atlax-relay \
	%D%/completion/atlax-agent
$(nodist_bashcomp_DATA): %D%/completion/atlax.bash
	$(AM_V_GEN)$(MKDIR_P) %D%/completion && \
		cat $(srcdir)/%D%/completion/atlax.bash >$@
CLEANFILES += $(nodist_bashcomp_DATA)

bin_PROGRAMS += %D%/atlax
%C%_atlax_SOURCES = %D%/atlax.c
%C%_atlax_LDADD = %D%/libcmd.a %D%/libmain.a src/relay/librelay.a src/enrol/libenrol.a \
	src/audit/libaudit.a src/pki/libpki.a src/conf/libconf.a src/log/liblog.a src/tls/libtls.a \
	src/io/libio.a src/parse/libparse.a src/base/libbase.a $(CURL_LIBS) $(CARES_LIBS) \
	$(JANSSON_LIBS) $(YAML_LIBS) $(WOLFSSL_LIBS) $(IPSEC_MB_LIBS) $(SANDBOX_LIBS) \
	-lpthread

sbin_PROGRAMS += %D%/atlax-relay
%C%_atlax_relay_SOURCES = %D%/relay_main.c
%C%_atlax_relay_LDADD = src/relay/librelay.a src/admin/libadmin.a \
	src/enrol/libenrol.a src/audit/libaudit.a src/pki/libpki.a %D%/libmain.a \
	src/conf/libconf.a src/log/liblog.a \
	src/link/liblink.a src/tls/libtls.a src/io/libio.a \
	src/parse/libparse.a src/proto/libproto.a src/base/libbase.a \
	$(MHD_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(CARES_LIBS) $(CK_LIBS) \
	$(URCU_LIBS) $(WOLFSSL_LIBS) $(IPSEC_MB_LIBS) $(SANDBOX_LIBS) -lpthread
endif
EXTRA_DIST += %D%/README
