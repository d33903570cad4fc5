"""Serverless schedules for saved LLM agents."""
