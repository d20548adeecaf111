# SPDX-License-Identifier: Apache-2.0
"""What the demo and the integration tests need around a running gateway: a certification
authority, an SMTP sink, judges that are not ours, and the gateway itself. Standard library only."""
