"""The situation page `/wilayah/{kode}`: server-rendered Jinja2, one stylesheet, small ES modules, inline SVG maps."""
