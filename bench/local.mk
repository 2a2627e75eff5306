# See README.
