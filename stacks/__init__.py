"""Which agencies get which stack: definitions, and the runs of Pulumi that bring an agency to what its file says."""
