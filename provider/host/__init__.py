"""Hosts: installed through their BMCs, and waited for."""
