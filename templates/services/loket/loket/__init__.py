"""Loket: gives out queue numbers at a government front office.

A small, complete web application on PostgreSQL. It is a pattern to copy: what a service must do so that it can be
replaced and watched around the clock (an honest health check, a graceful end, secrets from files, one line a
request) is here.
"""
