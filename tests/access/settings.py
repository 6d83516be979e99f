"""Settings that services need beyond the common ones, for tests; none is a secret of anything."""

import base64

EXTRA = {
    "registry": {
        "nik_key": base64.b64encode(bytes(range(32))).decode(),
        "nik_index_key": base64.b64encode(bytes(range(32, 64))).decode(),
    },
}
