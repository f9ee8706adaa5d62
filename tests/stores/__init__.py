"""Postflight against real object stores. What they answer stands in test_answers.py.

Swift runs wherever its packages are installed: on Linux,
`apt-get install --no-install-recommends swift-proxy swift-account swift-container swift-object
memcached`. Ceph runs with POSTFLIGHT_NIGHTLY=1:
`apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common libfaketime`
(about 350 MB on disk).
"""
