#!/bin/sh
# embed.sh DIR — the files of the dashboard's page as one C file, to standard output.
# With od and sed: xxd is not everywhere.
dir=$1
echo '/* Made by src/admin/web/embed.sh. */'
echo '#include "admin/web.h"'
for file in index.html icon.svg style.css app.js view.js; do
	name=$(echo "$file" | tr . _)
	echo "static const unsigned char ${name}[] = {"
	od -An -v -tx1 "$dir/$file" | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo '};'
done
cat <<END
const struct web_file web_files[] = {
	{ "/", "text/html; charset=utf-8", index_html, sizeof(index_html) },
	{ "/icon.svg", "image/svg+xml", icon_svg, sizeof(icon_svg) },
	{ "/style.css", "text/css; charset=utf-8", style_css, sizeof(style_css) },
	{ "/app.js", "text/javascript; charset=utf-8", app_js, sizeof(app_js) },
	{ "/view.js", "text/javascript; charset=utf-8", view_js, sizeof(view_js) },
};
const size_t web_n_files = sizeof(web_files) / sizeof(web_files[0]);
END
